"""What training needs: data order, augmentation, schedules, early stopping, progress, checkpoints."""
