"""What putting a persona on means: for now the prompt it makes."""
