"""What a model is: its features, its family, the profile and the sample that travel with it, and how it is loaded."""
