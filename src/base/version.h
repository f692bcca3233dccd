/* base/version.h - which Winnow this is. */
#ifndef WN_BASE_VERSION_H
#define WN_BASE_VERSION_H

/* "0.1.0", as the build says. Static. */
const char *wn_version(void);

#endif /* WN_BASE_VERSION_H */
