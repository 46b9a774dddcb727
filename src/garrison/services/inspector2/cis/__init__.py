"""CIS scans: configurations, schedules, sessions by which agents report, results."""
