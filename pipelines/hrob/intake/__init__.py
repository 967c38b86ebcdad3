"""Where births come from, what their columns mean, which are held out, and which arrive on a day."""
