/* What the tests of the C library share: expectations that say where they failed, and count. */

#ifndef CHAINRULE_EXPECT_H
#define CHAINRULE_EXPECT_H

#include <chainrule.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;

/* Expects a condition. */
#define EXPECT(condition)                                                           \
    do {                                                                            \
        if (!(condition)) {                                                         \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
            failures++;                                                             \
        }                                                                           \
    } while (0)

/* Expects that a call is done. */
#define DONE(call) expect_status((call), CHAINRULE_OK, "", __FILE__, __LINE__, #call)

/* Expects that a call is refused with this status and a text that has these words. */
#define REFUSED(call, status, words) expect_status((call), (status), (words), __FILE__, __LINE__, #call)

static void expect_status(ChainruleStatus found, ChainruleStatus expected, const char *words, const char *file, int line,
                          const char *call)
{
    const char *text = chainrule_last_error();
    if (found != expected) {
        fprintf(stderr, "%s:%d: %s is %s, expected %s (%s)\n", file, line, call, chainrule_status_name((int32_t)found),
                chainrule_status_name((int32_t)expected), text);
        failures++;
    } else if (found != CHAINRULE_OK && strstr(text, words) == NULL) {
        fprintf(stderr, "%s:%d: %s says \"%s\", expected \"%s\" in it\n", file, line, call, text, words);
        failures++;
    }
}

/* The end of a test: 0 if all was as expected. */
static int finish(const char *name)
{
    if (failures != 0) {
        fprintf(stderr, "%s: %d expectations failed\n", name, failures);
        return 1;
    }
    printf("%s: ok\n", name);
    return 0;
}

#endif
