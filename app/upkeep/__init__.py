"""What whoever runs the service needs: figures, a diagnosis, a copy and its way back."""
