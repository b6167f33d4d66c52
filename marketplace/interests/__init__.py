"""What people keep in mind: pieces they saved, searches they want to hear of."""
