"""What happens at a mark: when it comes, which points are measured, and what is written down."""
