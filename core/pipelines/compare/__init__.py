"""Every way of making a picture behind one call, and new pictures like a photo."""
