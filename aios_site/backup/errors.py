"""Why a backup or a restore can't be done; each message says what to do about it."""


class BackupError(Exception):
    """The backup or restore stopped; what was there before is as it was."""

    code = "backup_failed"


class ToolMissingError(BackupError):
    """PostgreSQL's client programs are not there, or too old for the server."""

    code = "tool_missing"


class NoSpaceError(BackupError):
    """The disk has too little room."""

    code = "no_space"


class CorruptError(BackupError):
    """The file is not a whole backup, or was altered."""

    code = "corrupt"


class VersionError(BackupError):
    """The backup was made by a newer product, or in a form that this one can't read."""

    code = "wrong_version"


class TargetError(BackupError):
    """The place to restore to is in use, or holds data already."""

    code = "target_not_free"


class AccessError(BackupError):
    """The login may not read everything, or may not make a database."""

    code = "no_access"
