"""What a study will take, before it is made and while it is."""
