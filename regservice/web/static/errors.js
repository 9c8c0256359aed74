// Moves the focus to the error summary, so that people who do not see the page hear first what is wrong.
// Without this script nothing is lost: the summary stands first in the page's main part and is announced as an alert.

/** @type {HTMLElement | null} */
const summary = document.querySelector("[data-error-summary]");
summary?.focus();
