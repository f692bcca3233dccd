/* cli/version.h - what `winnow --version` prints. */
#ifndef WN_CLI_VERSION_H
#define WN_CLI_VERSION_H

#include "base/buf.h"

/* The version and a line for each library the program runs with. */
void wn_version_print(struct wn_buf *out);

#endif /* WN_CLI_VERSION_H */
