-- Row-level security of notices.

SELECT aios_protect('governance_notice');
