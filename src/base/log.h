/* base/log.h - one line per event: time, level, part, message.
 *
 * The sink is one of the two mutable globals of the program (the other is the abort
 * hook of assert.h): the coordinator's sink writes winnow.log, a worker's sends its
 * lines to rank 0. Without a sink, warnings and errors go to standard error. A line
 * equal to the one before is counted, not repeated. errno is kept.
 */
#ifndef WN_BASE_LOG_H
#define WN_BASE_LOG_H

enum wn_log_level {
    WN_LOG_DEBUG = 0,
    WN_LOG_INFO = 1,
    WN_LOG_WARN = 2,
    WN_LOG_ERROR = 3
};

/* `line` is the message only, without a line break; the sink adds time and level. */
typedef void wn_log_sink_fn(void *arg,
                            enum wn_log_level level,
                            const char *part,
                            const char *line);

/* Install a sink (NULL: back to standard error). Waits for a line that another thread has
 * under way, so afterwards the old one's argument may go. Not from within a sink. */
void wn_log_set_sink(wn_log_sink_fn *sink, void *arg);
void wn_log_set_level(enum wn_log_level lowest);

#define wn_debug(part, ...) wn_log(WN_LOG_DEBUG, part, __VA_ARGS__)
#define wn_info(part, ...)  wn_log(WN_LOG_INFO, part, __VA_ARGS__)
#define wn_warn(part, ...)  wn_log(WN_LOG_WARN, part, __VA_ARGS__)
#define wn_oops(part, ...)  wn_log(WN_LOG_ERROR, part, __VA_ARGS__)

void wn_log(enum wn_log_level level, const char *part, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *wn_log_level_name(enum wn_log_level level); /* "debug" ... */

#endif /* WN_BASE_LOG_H */
