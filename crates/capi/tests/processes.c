/* What the header promises where threads are missing: in a process that was forked, and in one that may have none. Each call must
 * return; a child that does not is ended by its alarm.
 *
 *     processes FOLDER     a folder for files */

#define _DEFAULT_SOURCE /* fork, setrlimit */

#include "expect.h"

#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS CHAINRULE_ERROR_THREADS

enum { WIDTH = 1200, ROWS = 64 };

static float x[ROWS * WIDTH], y[ROWS * WIDTH];
static ChainruleModel *small = NULL, *large = NULL;
static ChainruleTrainer *trainer = NULL;
static char path[4096];
static unsigned char *saved = NULL;
static size_t saved_len = 0;

/* Runs a body in a child of this process. */
static void in_child(void (*body)(void), const char *name)
{
    int status = 0;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        alarm(120);
        failures = 0;
        body();
        fflush(NULL);
        _exit(failures == 0 ? 0 : 1);
    }
    EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "%s: ended with %d%s\n", name, status, WIFSIGNALED(status) ? ", by a signal: it waited" : "");
        failures++;
    }
}

static ChainruleDataF32 rows(size_t count, size_t width)
{
    ChainruleDataF32 data;
    memset(&data, 0, sizeof data);
    data.size = sizeof data;
    data.x = x;
    data.x_len = count * width;
    data.values = y;
    data.values_len = count * width;
    return data;
}

/* Whether this process, from now on, may start no threads and no processes. */
static int may_start_nothing(void)
{
#ifdef __linux__
    const struct rlimit none = { 0, 0 };
    pid_t pid;
    /* The limit does not hold for root. */
    if ((getuid() == 0 && setuid(65534) != 0) || setrlimit(RLIMIT_NPROC, &none) != 0)
        return 0;
    pid = fork();
    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid < 0;
#else
    return 0;
#endif
}

static void threads_that_the_system_refuses_are_told_each_time(void)
{
    ChainruleDataF32 data = rows(ROWS, 2);
    ChainruleEvaluation found;
    ChainruleModel *made = NULL;
    ChainruleTrainer *other = NULL;
    int i;

    if (!may_start_nothing()) {
        fprintf(stderr, "SKIPPED: a process without threads, which cannot be made here\n");
        return;
    }
    found.size = sizeof found;
    for (i = 0; i < 2; i++) {
        REFUSED(chainrule_predict_f32(small, 0, x, 2 * ROWS, y, 2 * ROWS), THREADS, "cannot start");
        REFUSED(chainrule_evaluate_f32(small, &data, &found), THREADS, "cannot start");
        REFUSED(chainrule_train_f32(small, &data, NULL, NULL, &made, NULL), THREADS, "cannot start");
        REFUSED(chainrule_trainer_create(small, NULL, 4, &other), THREADS, "cannot start");
    }
    /* A few rows need none. */
    DONE(chainrule_predict_f32(small, 0, x, 2, y, 2));
}

/* Started, but given nothing to do yet: enough rows for several of them. */
static void threads_that_were_started_and_left_behind_are_told(void)
{
    REFUSED(chainrule_predict_f32(small, 0, x, 2 * 1000, y, 2 * 1000), THREADS, "forked from process");
}

static void threads_that_were_left_behind_are_told(void)
{
    const char *words = "forked from process";
    ChainruleDataF32 data = rows(ROWS, 2);
    ChainruleEvaluation found;
    ChainruleModel *made = NULL;
    ChainruleTrainer *other = NULL;
    ChainruleTrainOptions options;

    found.size = sizeof found;
    REFUSED(chainrule_trainer_step_f32(trainer, y, ROWS * WIDTH), THREADS, words);
    REFUSED(chainrule_trainer_forward_f32(trainer, 0, x, ROWS * WIDTH, y, ROWS * WIDTH), THREADS, words);
    REFUSED(chainrule_predict_f32(small, 0, x, 2 * ROWS, y, 2 * ROWS), THREADS, words);
    REFUSED(chainrule_predict_f32(large, 0, x, 8 * WIDTH, y, 8 * WIDTH), THREADS, words);
    REFUSED(chainrule_evaluate_f32(small, &data, &found), THREADS, words);
    REFUSED(chainrule_train_f32(small, &data, NULL, NULL, &made, NULL), THREADS, words);
    REFUSED(chainrule_trainer_create(small, NULL, 4, &other), THREADS, words);
    /* A few rows need no threads, and a run may have its own. */
    DONE(chainrule_predict_f32(small, 0, x, 2, y, 2));
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.threads = 2;
    options.epochs = 1;
    DONE(chainrule_train_f32(small, &data, NULL, &options, &made, NULL));
    DONE(chainrule_model_free(made));
}

/* The rows in it are predicted again, which would be worth threads. */
static void a_model_is_loaded_and_saved_to_the_same_bytes(void)
{
    ChainruleModel *loaded = NULL;
    unsigned char *again = malloc(saved_len);
    size_t length = 0;

    DONE(chainrule_model_load(path, &loaded));
    DONE(chainrule_model_file_size(loaded, &length));
    EXPECT(length == saved_len);
    DONE(chainrule_model_save_memory(loaded, again, saved_len));
    EXPECT(memcmp(again, saved, saved_len) == 0);
    DONE(chainrule_model_free(loaded));
    free(again);
}

int main(int argc, char **argv)
{
    ChainruleModel *start = NULL;
    ChainruleTrainOptions options;
    ChainruleDataF32 data = rows(4, WIDTH);
    size_t i;

    if (argc != 2 || strlen(argv[1]) > 4000) {
        fprintf(stderr, "usage: processes FOLDER\n");
        return 2;
    }
    sprintf(path, "%s/processes.safetensors", argv[1]);
    for (i = 0; i < ROWS * WIDTH; i++)
        x[i] = (float)(i * 7 % 11) / 5.0f - 1.0f;
    DONE(chainrule_model_create("2-2", "mse", CHAINRULE_F32, 1, &small));
    in_child(threads_that_the_system_refuses_are_told_each_time, "a process that may have no threads");
    DONE(chainrule_trainer_create(small, NULL, 1, &trainer)); /* starts the process's threads */
    in_child(threads_that_were_started_and_left_behind_are_told, "a forked process whose parent has started threads");
    DONE(chainrule_trainer_free(trainer));

    DONE(chainrule_model_create("1200-1200", "mse", CHAINRULE_F32, 1, &start));
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.epochs = 1;
    options.optimizer = "sgd:lr=0.001";
    options.threads = 1;
    DONE(chainrule_train_f32(start, &data, NULL, &options, &large, NULL));
    DONE(chainrule_model_save(large, path));
    DONE(chainrule_model_file_size(large, &saved_len));
    saved = malloc(saved_len);
    DONE(chainrule_model_save_memory(large, saved, saved_len));

    DONE(chainrule_trainer_create(large, NULL, ROWS, &trainer));
    in_child(threads_that_were_left_behind_are_told, "a forked process whose parent has threads");
    DONE(chainrule_trainer_forward_f32(trainer, 0, x, ROWS * WIDTH, y, ROWS * WIDTH));
    in_child(threads_that_were_left_behind_are_told, "a forked process whose parent has used threads");
    DONE(chainrule_trainer_step_f32(trainer, y, ROWS * WIDTH)); /* here they are */
    in_child(a_model_is_loaded_and_saved_to_the_same_bytes, "a forked process that loads");

    free(saved);
    DONE(chainrule_trainer_free(trainer));
    DONE(chainrule_model_free(start));
    DONE(chainrule_model_free(large));
    DONE(chainrule_model_free(small));
    return finish("processes");
}
