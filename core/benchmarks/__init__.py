"""Speed of the app on this machine, against the same weights in a plain diffusers loop."""
