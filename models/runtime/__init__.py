"""What engines that run a model on this machine share."""
