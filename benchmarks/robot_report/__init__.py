"""What a robot weighs, reaches, lifts and is made of: figures, a page and a picture."""
