"""What the births have to be like before anything is made of them."""
