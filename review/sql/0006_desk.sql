-- Row-level security of drafts and answer templates.

SELECT aios_protect('review_draft');
SELECT aios_protect('review_answertemplate');
