"""What the dynamometer can measure, a module each: how the bench is run, what is read off it, and its chart."""
