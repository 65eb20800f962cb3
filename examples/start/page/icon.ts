/** The icon of the start page, which is the site's as well. */

/** Two requests that have met: one accent colour, readable at the size of a tab. */
export const ICON = "data:image/svg+xml," + encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" ` +
    `fill="#0a6b54"/><path d="M7 11l4.5 11L16 11l4.5 11L25 11" fill="none" stroke="#fff" ` +
    `stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>`,
);
