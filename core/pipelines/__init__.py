"""One class per tab: plain request in, plain result out (PIL pictures, numpy, numbers). No web page in sight."""
