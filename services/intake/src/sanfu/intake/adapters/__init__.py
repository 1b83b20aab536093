"""What intake keeps beside the subject documents: records of submissions, and channel keys."""
