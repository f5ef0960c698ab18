// KANN with OpenBLAS's products, asked as worker.py says. It finds MNIST's unpacked files beside itself. KANN has no
// optimiser but RMSprop: with "sgd" the step is a loop here, with "adam" it takes RMSprop, which is less work.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kann.h"

#define PIXELS 784
#define CLASSES 10
#define TEST 10000

extern void openblas_set_num_threads(int threads);

static const char *value(const char *json, const char *name) {
    const char *found = strstr(json, name);
    if (found == NULL) {
        fprintf(stderr, "kann: the job has no %s\n", name);
        exit(2);
    }
    return strchr(found, ':') + 1;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + 1e-9 * now.tv_nsec;
}

// The bytes behind an IDX file's header.
static uint8_t *bytes(const char *program, const char *name, size_t header, size_t count) {
    char path[4096];
    const char *slash = strrchr(program, '/');
    snprintf(path, sizeof path, "%.*s/%s", slash ? (int)(slash - program) : 1, slash ? program : ".", name);
    uint8_t *data = malloc(count);
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, header, SEEK_SET) != 0 || fread(data, 1, count, file) != count) {
        fprintf(stderr, "kann: %s is not MNIST's\n", path);
        exit(1);
    }
    fclose(file);
    return data;
}

static float *scaled(const uint8_t *pixels, size_t count) {
    float *x = malloc(count * sizeof *x);
    for (size_t at = 0; at < count; at++) x[at] = pixels[at] / 255.0f;
    return x;
}

static double accuracy(kann_t *net, float *x, const uint8_t *labels, int batch) {
    int right = 0, out = kann_find(net, KANN_F_OUT, 0);
    kann_switch(net, 0);
    for (int start = 0; start < TEST; start += batch) {
        int rows = TEST - start < batch ? TEST - start : batch;
        float *rows_x = x + (size_t)start * PIXELS;
        kann_set_batch_size(net, rows);
        kann_feed_bind(net, KANN_F_IN, 0, &rows_x);
        const float *y = kad_eval_at(net->n, net->v, out);
        for (int row = 0; row < rows; row++) {
            int best = 0;
            for (int class = 1; class < CLASSES; class++)
                if (y[row * CLASSES + class] > y[row * CLASSES + best]) best = class;
            right += best == labels[start + row];
        }
    }
    return (double)right / TEST;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    const char *job = argv[1];
    int batch = atoi(value(job, "\"batch\"")), rows = atoi(value(job, "\"rows\""));
    int threads = atoi(value(job, "\"threads\""));
    double lr = atof(value(job, "\"lr\""));
    int sgd = strncmp(strchr(value(job, "\"optimizer\""), '"'), "\"sgd\"", 5) == 0;

    kann_srand(atoi(value(job, "\"seed\"")));
    char *at = strchr(value(job, "\"widths\""), '[') + 1;
    kad_node_t *t = kann_layer_input(strtol(at, &at, 10));
    for (int width = strtol(at + 1, &at, 10); *at == ','; width = strtol(at + 1, &at, 10))
        t = kad_relu(kann_layer_dense(t, width));
    kann_t *net = kann_new(kann_layer_cost(t, CLASSES, KANN_C_CEM), 0);
    openblas_set_num_threads(1); // its threads are KANN's own
    if (threads > 1) kann_mt(net, threads, batch);

    uint8_t *labels = bytes(argv[0], "train-labels-idx1-ubyte", 8, rows);
    uint8_t *test_labels = bytes(argv[0], "t10k-labels-idx1-ubyte", 8, TEST);
    float *x = scaled(bytes(argv[0], "train-images-idx3-ubyte", 16, (size_t)rows * PIXELS), (size_t)rows * PIXELS);
    float *test_x = scaled(bytes(argv[0], "t10k-images-idx3-ubyte", 16, (size_t)TEST * PIXELS), (size_t)TEST * PIXELS);
    float *batch_x = malloc((size_t)batch * PIXELS * sizeof *batch_x);
    float *batch_y = malloc((size_t)batch * CLASSES * sizeof *batch_y);
    int *order = malloc(rows * sizeof *order), params = kann_size_var(net);
    float *mean_square = calloc(params, sizeof *mean_square);

    printf("{\"ready\": \"%s\"}\n", KANN_VERSION);
    fflush(stdout);
    for (char line[64]; fgets(line, sizeof line, stdin) != NULL;) {
        double start = seconds();
        int steps = 0;
        kann_switch(net, 1);
        kann_feed_bind(net, KANN_F_IN, 0, &batch_x);
        kann_feed_bind(net, KANN_F_TRUTH, 0, &batch_y);
        kann_shuffle(rows, order);
        for (int first = 0; first < rows; first += batch, steps++) {
            int here = rows - first < batch ? rows - first : batch;
            memset(batch_y, 0, batch * CLASSES * sizeof *batch_y);
            for (int row = 0; row < here; row++) {
                size_t from = order[first + row];
                memcpy(batch_x + row * PIXELS, x + from * PIXELS, PIXELS * sizeof *x);
                batch_y[row * CLASSES + labels[from]] = 1.0f;
            }
            kann_set_batch_size(net, here);
            kann_cost(net, 0, 1);
            if (sgd)
                for (int param = 0; param < params; param++) net->x[param] -= (float)lr * net->g[param];
            else
                kann_RMSprop(params, lr, 0, 0.9f, net->g, net->x, mean_square);
        }
        double spent = seconds() - start;
        printf("{\"seconds\": %.9f, \"steps\": %d, ", spent, steps);
        printf("\"accuracy\": %.4f}\n", accuracy(net, test_x, test_labels, batch));
        fflush(stdout);
    }
    return 0;
}
