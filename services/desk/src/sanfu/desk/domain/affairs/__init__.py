"""Affairs: supervision orders, meetings and tasks. Subjects of their own, that bear upon issues and upon each other."""
