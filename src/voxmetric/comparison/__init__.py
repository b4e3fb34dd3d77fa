"""Fair comparison of training objectives: same encoder, data, order, augmentation and tuning budget for each."""
