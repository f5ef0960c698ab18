/* What the header promises: shapes, element types, preprocessing, texts and categories, options, callbacks, reports.
 *
 *     behaviour FOLDER HOMES     a folder for files, and homes.safetensors */

#include "expect.h"

#include <math.h>

enum { ROWS = 120 };

static char path[4096];

static float noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 16777216.0f;
}

/* y = 2 a - b + 0.5, with a near 1000. */
static void line(float *x, float *y)
{
    uint32_t seed = 5;
    size_t i;
    for (i = 0; i < ROWS; i++) {
        x[2 * i] = 1000.0f + 4.0f * noise(&seed);
        x[2 * i + 1] = noise(&seed);
        y[i] = 2.0f * (x[2 * i] - 1000.0f) - x[2 * i + 1] + 0.5f;
    }
}

static ChainruleDataF32 values(const float *x, const float *y)
{
    ChainruleDataF32 data;
    memset(&data, 0, sizeof data);
    data.size = sizeof data;
    data.x = x;
    data.x_len = 2 * ROWS;
    data.values = y;
    data.values_len = ROWS;
    return data;
}

static void info_says_what_a_model_is(void)
{
    ChainruleModel *model = NULL, *same = NULL;
    ChainruleModelInfo info;
    const char *layers, *loss;
    double w[23], v[23];
    float single[23];
    size_t i;

    info.size = sizeof info;
    DONE(chainrule_model_create("2-4-3 batch_norm elu(0.5)", "cross-entropy", CHAINRULE_F64, 9, &model));
    DONE(chainrule_model_info(model, &info));
    EXPECT(info.columns == 2 && info.inputs == 2 && info.outputs == 3 && info.classes == 0);
    EXPECT(info.parameters == 2 * 4 + 4 + 4 + 4 + 4 * 3 + 3 && info.element == CHAINRULE_F64);
    EXPECT(info.task == CHAINRULE_TASK_CLASSIFICATION);
    DONE(chainrule_model_layers(model, &layers));
    EXPECT(strcmp(layers, "dense(2, 4), batch_norm(4), elu(0.5), dense(4, 3)") == 0);
    DONE(chainrule_model_loss(model, &loss));
    EXPECT(strcmp(loss, "cross-entropy") == 0);
    DONE(chainrule_model_create(layers, loss, CHAINRULE_F64, 9, &same));
    DONE(chainrule_model_free(same));
    DONE(chainrule_model_free(model));

    DONE(chainrule_model_create("2-4-1 relu", "binary-cross-entropy", CHAINRULE_F32, 9, &model));
    DONE(chainrule_model_create("dense(2, 4), relu, dense(4, 1)", "binary-cross-entropy", CHAINRULE_F32, 9, &same));
    DONE(chainrule_model_info(model, &info));
    EXPECT(info.parameters == 17 && info.element == CHAINRULE_F32 && info.task == CHAINRULE_TASK_BINARY);
    DONE(chainrule_model_parameters_f64(model, w, 17));
    DONE(chainrule_model_parameters_f64(same, v, 17));
    DONE(chainrule_model_parameters_f32(same, single, 17));
    for (i = 0; i < 17; i++)
        EXPECT(w[i] == v[i] && (double)single[i] == v[i]);
    DONE(chainrule_model_free(same));
    DONE(chainrule_model_free(model));
}

static void a_line_is_learned_in_both_element_types(void)
{
    static float x[2 * ROWS], y[ROWS], found[ROWS], again[ROWS], prepared[2 * ROWS];
    static double x64[2 * ROWS], y64[ROWS], found64[ROWS];
    ChainruleModel *network = NULL, *trained = NULL, *more = NULL, *loaded = NULL;
    ChainruleDataF32 data = values(x, y);
    ChainruleDataF64 data64;
    ChainruleTrainOptions options;
    ChainruleTrainReport report;
    ChainruleEvaluation evaluation;
    size_t i;

    line(x, y);
    for (i = 0; i < 2 * ROWS; i++)
        x64[i] = x[i];
    for (i = 0; i < ROWS; i++)
        y64[i] = y[i];
    memset(&data64, 0, sizeof data64);
    data64.size = sizeof data64;
    data64.x = x64;
    data64.x_len = 2 * ROWS;
    data64.values = y64;
    data64.values_len = ROWS;
    DONE(chainrule_train_options_init(&options, sizeof options));
    EXPECT(options.epochs == 20 && options.batch == 32 && options.optimizer == NULL && options.on_epoch == NULL);
    options.epochs = 100;
    options.preprocess = "standardize";
    report.size = sizeof report;
    evaluation.size = sizeof evaluation;
    DONE(chainrule_model_create("2-1", "mse", CHAINRULE_F32, 1, &network));
    DONE(chainrule_train_f32(network, &data, NULL, &options, &trained, &report));
    EXPECT(report.epochs == 100 && report.steps == 400 && report.stop_reason == CHAINRULE_STOP_FINISHED);
    EXPECT(report.loss < 1e-4 && report.best_epoch == 0 && isnan(report.validation_loss));
    DONE(chainrule_predict_f32(trained, CHAINRULE_VALUES, x, 2 * ROWS, found, ROWS));
    for (i = 0; i < ROWS; i++)
        EXPECT(fabsf(found[i] - y[i]) < 0.02f);
    DONE(chainrule_evaluate_f32(trained, &data, &evaluation));
    EXPECT(evaluation.rows == ROWS && evaluation.r2 > 0.999 && isnan(evaluation.accuracy));
    EXPECT(evaluation.mean_absolute_error < 0.02);
    /* The same numbers in double give a model of floats the same answers. */
    DONE(chainrule_predict_f64(trained, CHAINRULE_VALUES, x64, 2 * ROWS, found64, ROWS));
    for (i = 0; i < ROWS; i++)
        EXPECT(found64[i] == (double)found[i]);
    /* One row at a time, and in place. */
    for (i = 0; i < ROWS; i++) {
        float row[2];
        memcpy(row, x + 2 * i, sizeof row);
        DONE(chainrule_predict_f32(trained, CHAINRULE_VALUES, row, 2, row, 1));
        EXPECT(row[0] == found[i]);
    }
    /* The start is as it was: it has learned nothing. */
    DONE(chainrule_evaluate_f32(network, &data, &evaluation));
    EXPECT(evaluation.loss > 1.0);
    /* Rows that are prepared by hand, by the means and deviations of the columns. */
    for (i = 0; i < 2; i++) {
        double mean = 0, square = 0;
        size_t row;
        for (row = 0; row < ROWS; row++)
            mean += x64[2 * row + i] / ROWS;
        for (row = 0; row < ROWS; row++)
            square += (x64[2 * row + i] - mean) * (x64[2 * row + i] - mean) / ROWS;
        for (row = 0; row < ROWS; row++)
            prepared[2 * row + i] = (float)((x64[2 * row + i] - mean) / sqrt(square));
    }
    DONE(chainrule_predict_f32(trained, CHAINRULE_PREPARED, prepared, 2 * ROWS, again, ROWS));
    for (i = 0; i < ROWS; i++)
        EXPECT(fabsf(again[i] - found[i]) < 1e-4f);
    /* Training goes on from there, with the preprocessing that the model has; in its file too. */
    options.preprocess = NULL;
    options.epochs = 3;
    DONE(chainrule_train_f32(trained, &data, NULL, &options, &more, &report));
    EXPECT(report.loss < 1e-4);
    DONE(chainrule_model_save(more, path));
    DONE(chainrule_model_load(path, &loaded));
    DONE(chainrule_predict_f32(more, CHAINRULE_VALUES, x, 2 * ROWS, found, ROWS));
    DONE(chainrule_predict_f32(loaded, CHAINRULE_VALUES, x, 2 * ROWS, again, ROWS));
    EXPECT(memcmp(found, again, sizeof found) == 0);
    DONE(chainrule_model_free(loaded));
    DONE(chainrule_model_free(more));
    DONE(chainrule_model_free(trained));
    DONE(chainrule_model_free(network));

    options.epochs = 30;
    options.optimizer = "lbfgs";
    options.preprocess = "standardize";
    DONE(chainrule_model_create("2-1", "half-mse", CHAINRULE_F64, 1, &network));
    DONE(chainrule_train_f64(network, &data64, NULL, &options, &trained, &report));
    EXPECT(report.stop_reason == CHAINRULE_STOP_CONVERGED && report.loss < 1e-7);
    DONE(chainrule_evaluate_f64(trained, &data64, &evaluation));
    EXPECT(evaluation.mean_absolute_error < 1e-3);
    DONE(chainrule_model_save(trained, path));
    DONE(chainrule_model_load(path, &loaded)); /* in double, as it was saved */
    DONE(chainrule_predict_f64(trained, CHAINRULE_VALUES, x64, 2 * ROWS, y64, ROWS));
    DONE(chainrule_predict_f64(loaded, CHAINRULE_VALUES, x64, 2 * ROWS, found64, ROWS));
    EXPECT(memcmp(y64, found64, sizeof y64) == 0);
    DONE(chainrule_model_free(loaded));
    DONE(chainrule_model_free(trained));
    DONE(chainrule_model_free(network));
}

static int stop_at_third(const ChainruleEpoch *epoch, void *user)
{
    double *losses = user;
    losses[epoch->epoch - 1] = epoch->loss;
    /* The library may be used meanwhile. */
    DONE(chainrule_model_free(NULL));
    return epoch->epoch == 3;
}

static void options_are_followed(void)
{
    static float x[2 * ROWS], y[ROWS];
    static float weights[ROWS];
    double losses[3] = { 0, 0, 0 };
    float first[9], second[9];
    ChainruleModel *network = NULL, *trained = NULL, *other = NULL;
    ChainruleDataF32 data = values(x, y), validation = values(x, y);
    ChainruleTrainOptions options;
    ChainruleTrainReport report;
    uint32_t i;

    line(x, y);
    report.size = sizeof report;
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.preprocess = "standardize";
    options.on_epoch = stop_at_third;
    options.user = losses;
    DONE(chainrule_model_create("2-2-1 tanh", "mse", CHAINRULE_F32, 1, &network));
    DONE(chainrule_train_f32(network, &data, NULL, &options, &trained, &report));
    EXPECT(report.epochs == 3 && report.stop_reason == CHAINRULE_STOP_CALLBACK);
    EXPECT(losses[0] > losses[2] && losses[2] == report.loss && losses[2] > 0);
    /* No bit depends on the number of threads; every bit on the seed. */
    options.threads = 2;
    DONE(chainrule_train_f32(network, &data, NULL, &options, &other, NULL));
    DONE(chainrule_model_parameters_f32(trained, first, 9));
    DONE(chainrule_model_parameters_f32(other, second, 9));
    EXPECT(memcmp(first, second, sizeof first) == 0);
    DONE(chainrule_model_free(other));
    options.seed = 1;
    DONE(chainrule_train_f32(network, &data, NULL, &options, &other, NULL));
    DONE(chainrule_model_parameters_f32(other, second, 9));
    EXPECT(memcmp(first, second, sizeof first) != 0);
    DONE(chainrule_model_free(other));
    /* A row of no weight is none. */
    options.seed = 0;
    for (i = 0; i < ROWS; i++)
        weights[i] = i < 60 ? 1.0f : 0.0f;
    data.weights = weights;
    data.weights_len = ROWS;
    DONE(chainrule_train_f32(network, &data, NULL, &options, &other, &report));
    EXPECT(report.steps == 6);
    DONE(chainrule_model_free(other));
    data.weights = NULL;
    data.weights_len = 0;
    /* Early stopping keeps the best epoch. */
    options.on_epoch = NULL;
    options.patience = 2;
    options.epochs = 500;
    options.optimizer = "sgd:lr=0.3";
    DONE(chainrule_train_f32(network, &data, &validation, &options, &other, &report));
    EXPECT(report.stop_reason == CHAINRULE_STOP_EARLY && report.best_epoch + 2 == report.epochs);
    EXPECT(report.validation_loss >= 0.0 && isnan(report.validation_accuracy));
    DONE(chainrule_model_free(other));
    DONE(chainrule_model_free(trained));
    DONE(chainrule_model_free(network));
}

static void classes_have_names_and_probabilities(void)
{
    static float x[2 * ROWS], unused[ROWS];
    static uint32_t classes[ROWS], found[ROWS];
    static float y[3 * ROWS];
    const char *names[3] = { "low", "middle", "h\xc3\xb6her" };
    const char *name;
    ChainruleModel *network = NULL, *trained = NULL, *named = NULL, *binary = NULL;
    ChainruleDataF32 data;
    ChainruleTrainOptions options;
    ChainruleModelInfo info;
    ChainruleEvaluation evaluation;
    size_t i, right = 0;

    line(x, unused);
    for (i = 0; i < ROWS; i++)
        classes[i] = x[2 * i] < 1001.0f ? 0 : x[2 * i] < 1003.0f ? 1 : 2;
    data = values(x, NULL);
    data.values_len = 0;
    data.classes = classes;
    data.classes_len = ROWS;
    info.size = sizeof info;
    evaluation.size = sizeof evaluation;
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.preprocess = "standardize";
    options.optimizer = "adam:lr=0.02";
    options.epochs = 100;
    options.balance_classes = 1;
    options.label_smoothing = 0.01;
    DONE(chainrule_model_create("2-12-3 tanh", "cross-entropy", CHAINRULE_F32, 1, &network));
    DONE(chainrule_train_f32(network, &data, NULL, &options, &trained, NULL));
    DONE(chainrule_model_class_name(trained, 2, &name));
    EXPECT(strcmp(name, "2") == 0);
    DONE(chainrule_model_with_class_names(trained, names, 3, &named));
    DONE(chainrule_model_save(named, path));
    DONE(chainrule_model_free(named));
    named = NULL;
    DONE(chainrule_model_load(path, &named));
    DONE(chainrule_model_info(named, &info));
    EXPECT(info.classes == 3);
    DONE(chainrule_model_class_name(named, 2, &name));
    EXPECT(strcmp(name, names[2]) == 0);
    REFUSED(chainrule_model_class_name(named, 3, &name), CHAINRULE_ERROR_ARGUMENT, "expected one below 3");
    DONE(chainrule_predict_classes_f32(named, 0, x, 2 * ROWS, found, ROWS));
    DONE(chainrule_predict_f32(named, CHAINRULE_PROBABILITIES, x, 2 * ROWS, y, 3 * ROWS));
    for (i = 0; i < ROWS; i++) {
        const float *p = y + 3 * i;
        uint32_t largest = p[0] >= p[1] ? (p[0] >= p[2] ? 0u : 2u) : (p[1] >= p[2] ? 1u : 2u);
        EXPECT(fabsf(p[0] + p[1] + p[2] - 1.0f) < 1e-5f && largest == found[i]);
        right += found[i] == classes[i];
    }
    EXPECT(right > ROWS * 9 / 10);
    DONE(chainrule_evaluate_f32(named, &data, &evaluation));
    EXPECT(fabs(evaluation.accuracy - (double)right / ROWS) < 1e-12 && isnan(evaluation.r2));
    DONE(chainrule_model_free(named));
    DONE(chainrule_model_free(trained));
    DONE(chainrule_model_free(network));
    network = NULL;
    trained = NULL;

    /* Yes or no, of a single output. */
    for (i = 0; i < ROWS; i++)
        classes[i] = x[2 * i] > 1002.0f;
    options.balance_classes = 0;
    options.label_smoothing = 0;
    DONE(chainrule_model_create("2-8-1 tanh", "binary-cross-entropy", CHAINRULE_F64, 1, &network));
    DONE(chainrule_train_f32(network, &data, NULL, &options, &binary, NULL));
    DONE(chainrule_predict_classes_f32(binary, 0, x, 2 * ROWS, found, ROWS));
    DONE(chainrule_predict_f32(binary, CHAINRULE_PROBABILITIES, x, 2 * ROWS, y, ROWS));
    for (i = 0, right = 0; i < ROWS; i++) {
        EXPECT((y[i] > 0.5f) == (found[i] == 1));
        right += found[i] == classes[i];
    }
    EXPECT(right > ROWS * 9 / 10);
    classes[3] = 2;
    REFUSED(chainrule_evaluate_f32(binary, &data, &evaluation), CHAINRULE_ERROR_DATA, "class 2 of row 4");
    DONE(chainrule_model_free(binary));
    DONE(chainrule_model_free(network));
    network = NULL;

    /* Values have neither. */
    DONE(chainrule_model_create("2-1", "mse", CHAINRULE_F32, 1, &network));
    REFUSED(chainrule_predict_classes_f32(network, 0, x, 2, found, 1), CHAINRULE_ERROR_UNSUPPORTED, "regression");
    REFUSED(chainrule_predict_f32(network, CHAINRULE_PROBABILITIES, x, 2, y, 1), CHAINRULE_ERROR_UNSUPPORTED, "probabilities");
    REFUSED(chainrule_model_with_class_names(network, names, 1, &named), CHAINRULE_ERROR_UNSUPPORTED, "no classes");
    DONE(chainrule_model_free(network));
}

/* A model of a table, by the command: chainrule train --data homes.csv --target price --task regression --missing median --hidden 8
 * --seed 1, of 80 rows rooms,town,garden,price, where a room costs 60000, Bonn 50000, Ulm 90000 and a garden 20000. */
static void texts_are_encoded_as_the_model_s_table_was(const char *file)
{
    static const char *const names[3] = { "rooms", "town", "garden" };
    static const char *const towns[3] = { "Bonn", "Kiel", "Ulm" };
    const char *cells[9] = { "3", "Ulm", "no", "", "Kiel", "yes", " 6 ", "Bonn", "TRUE" };
    /* What the command predicts for these rows. */
    const double expected[3] = { 276160.84, 182248.67, 471183.28 };
    ChainruleModel *model = NULL, *more = NULL;
    ChainruleModelInfo info;
    ChainruleDataF64 data;
    ChainruleTrainOptions options;
    const char *name;
    double y[3], raw[3], alone, prepared[5];
    uint32_t classes[3];
    size_t i, count;

    info.size = sizeof info;
    DONE(chainrule_model_load(file, &model));
    DONE(chainrule_model_info(model, &info));
    EXPECT(info.columns == 3 && info.inputs == 5 && info.outputs == 1 && info.task == CHAINRULE_TASK_REGRESSION);
    for (i = 0; i < 3; i++) {
        DONE(chainrule_model_column_name(model, i, &name));
        EXPECT(strcmp(name, names[i]) == 0);
        DONE(chainrule_model_category_count(model, i, &count));
        EXPECT(count == (i == 0 ? 0u : i == 1 ? 3u : 2u));
        DONE(chainrule_model_category_name(model, 1, i, &name));
        EXPECT(strcmp(name, towns[i]) == 0);
    }
    REFUSED(chainrule_model_column_name(model, 3, &name), CHAINRULE_ERROR_ARGUMENT, "expected one below 3, the number of columns");
    REFUSED(chainrule_model_category_name(model, 0, 0, &name), CHAINRULE_ERROR_UNSUPPORTED, "no names of categories");
    DONE(chainrule_model_category_name(model, 2, 1, &name));
    EXPECT(strcmp(name, "yes") == 0);
    DONE(chainrule_model_target_name(model, 0, &name));
    EXPECT(strcmp(name, "price") == 0);

    cells[8] = "YES";
    DONE(chainrule_predict_texts(model, CHAINRULE_VALUES, cells, 9, y, 3));
    for (i = 0; i < 3; i++) {
        EXPECT(fabs(y[i] - expected[i]) < 1.0);
        DONE(chainrule_predict_texts(model, CHAINRULE_VALUES, cells + 3 * i, 3, &alone, 1));
        EXPECT(alone == y[i]);
    }
    /* Before they are brought back to their unit, prices have mean 0 and deviation 1. */
    DONE(chainrule_predict_texts(model, CHAINRULE_RAW, cells, 9, raw, 3));
    for (i = 0; i < 3; i++)
        EXPECT(fabs(raw[i] * 120318.18168402479 + 267187.5 - y[i]) < 1e-6); /* in double, though the weights are of float */
    /* The network's inputs: rooms by mean and deviation, a number for each town, garden. */
    memset(prepared, 0, sizeof prepared);
    prepared[0] = (3.0 - 3.546875) / 1.6576497622763984;
    prepared[3] = 1.0;
    DONE(chainrule_predict_f64(model, CHAINRULE_PREPARED, prepared, 5, &alone, 1));
    EXPECT(alone == y[0]);

    cells[1] = "Rom";
    REFUSED(chainrule_predict_texts(model, 0, cells, 9, y, 3), CHAINRULE_ERROR_DATA, "row 1, column 2: found \"Rom\"");
    cells[1] = "Ulm";
    cells[3] = "two";
    REFUSED(chainrule_predict_texts(model, 0, cells, 9, y, 3), CHAINRULE_ERROR_DATA, "row 2, column 1: found \"two\", expected a number in \"rooms\"");
    cells[3] = "2";
    cells[5] = "maybe";
    REFUSED(chainrule_predict_texts(model, 0, cells, 9, y, 3), CHAINRULE_ERROR_DATA, "\"no\" or \"yes\" in \"garden\"");
    REFUSED(chainrule_predict_classes_texts(model, cells, 3, classes, 1), CHAINRULE_ERROR_UNSUPPORTED, "regression");
    REFUSED(chainrule_predict_f64(model, 0, prepared, 3, &alone, 1), CHAINRULE_ERROR_DATA, "Bonn, Kiel, Ulm");

    /* It goes on learning from rows that are prepared, in the unit of the table. */
    memset(&data, 0, sizeof data);
    y[0] = 300000.0;
    data.size = sizeof data;
    data.x = prepared;
    data.x_len = 5;
    data.values = y;
    data.values_len = 1;
    data.flags = CHAINRULE_PREPARED;
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.optimizer = "sgd:lr=0.02";
    options.epochs = 200;
    DONE(chainrule_train_f64(model, &data, NULL, &options, &more, NULL));
    DONE(chainrule_predict_texts(more, CHAINRULE_VALUES, cells, 3, &alone, 1));
    EXPECT(fabs(alone - 300000.0) < 3000.0);
    DONE(chainrule_model_target_name(more, 0, &name));
    DONE(chainrule_model_free(more));
    more = NULL;
    options.preprocess = "standardize";
    REFUSED(chainrule_train_f64(model, &data, NULL, &options, &more, NULL), CHAINRULE_ERROR_UNSUPPORTED, "expected NULL");
    DONE(chainrule_model_free(model));
}

int main(int argc, char **argv)
{
    if (argc != 3 || strlen(argv[1]) > 4000) {
        fprintf(stderr, "usage: behaviour FOLDER HOMES\n");
        return 2;
    }
    sprintf(path, "%s/behaviour.safetensors", argv[1]);
    EXPECT(chainrule_abi_version() == CHAINRULE_ABI_VERSION);
    EXPECT(strcmp(chainrule_version(), "0.1.0") == 0);
    EXPECT(strcmp(chainrule_status_name(-5), "unknown status") == 0);
    info_says_what_a_model_is();
    a_line_is_learned_in_both_element_types();
    options_are_followed();
    classes_have_names_and_probabilities();
    texts_are_encoded_as_the_model_s_table_was(argv[2]);
    return finish("behaviour");
}
