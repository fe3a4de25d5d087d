"""What happens at each thing that a person does."""
