/* Trains a network to tell points inside of a ring from those outside, saves it, loads it, and predicts.
 *
 *     train MODEL.safetensors
 *
 * You see an epoch's callback, validation rows, preprocessing that the model keeps, and that a loaded model predicts the same bits. */

#include <chainrule.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN = 600, VALIDATION = 200, COLUMNS = 2, CLASSES = 2 };

static void check(ChainruleStatus status)
{
    if (status != CHAINRULE_OK) {
        fprintf(stderr, "%s: %s\n", chainrule_status_name((int32_t)status), chainrule_last_error());
        exit(1);
    }
}

/* Points from -300 to 300, and whether each is inside of the ring. */
static void points(uint32_t seed, size_t rows, float *x, uint32_t *classes)
{
    size_t i;
    for (i = 0; i < rows * COLUMNS; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) / 16777216.0f * 600.0f - 300.0f;
    }
    for (i = 0; i < rows; i++)
        classes[i] = x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1] < 200.0f * 200.0f;
}

static int each_epoch(const ChainruleEpoch *epoch, void *user)
{
    size_t *epochs = user;
    *epochs = epoch->epoch;
    if (epoch->epoch % 10 == 0)
        printf("epoch %lu: loss %.4f, %.1f %% of the validation rows right\n", (unsigned long)epoch->epoch, epoch->loss,
               100.0 * epoch->validation_accuracy);
    return epoch->validation_accuracy > 0.999; /* then it is good enough */
}

int main(int argc, char **argv)
{
    static float x[TRAIN * COLUMNS], other_x[VALIDATION * COLUMNS];
    static uint32_t classes[TRAIN], other_classes[VALIDATION];
    static float y[VALIDATION * CLASSES], again[VALIDATION * CLASSES];
    const char *names[CLASSES] = { "outside", "inside" };
    const float point[COLUMNS] = { 30.0f, -50.0f };
    ChainruleModel *network = NULL, *trained = NULL, *named = NULL, *loaded = NULL;
    ChainruleDataF32 train, validation;
    ChainruleTrainOptions options;
    ChainruleTrainReport report;
    ChainruleEvaluation found;
    uint32_t class_of_point;
    const char *name;
    size_t epochs = 0;

    if (argc != 2) {
        fprintf(stderr, "usage: train MODEL.safetensors\n");
        return 2;
    }
    points(1, TRAIN, x, classes);
    points(2, VALIDATION, other_x, other_classes);
    memset(&train, 0, sizeof train);
    train.size = sizeof train;
    train.x = x;
    train.x_len = TRAIN * COLUMNS;
    train.classes = classes;
    train.classes_len = TRAIN;
    validation = train;
    validation.x = other_x;
    validation.x_len = VALIDATION * COLUMNS;
    validation.classes = other_classes;
    validation.classes_len = VALIDATION;

    check(chainrule_train_options_init(&options, sizeof options));
    options.epochs = 60;
    options.optimizer = "adam:lr=0.01";
    options.preprocess = "standardize";
    options.on_epoch = each_epoch;
    options.user = &epochs;
    report.size = sizeof report;
    check(chainrule_model_create("2-16-2 tanh", "cross-entropy", CHAINRULE_F32, 42, &network));
    check(chainrule_train_f32(network, &train, &validation, &options, &trained, &report));
    printf("%lu epochs of %lu, %lu steps, loss %.4f\n", (unsigned long)report.epochs, (unsigned long)epochs,
           (unsigned long)report.steps, report.loss);

    found.size = sizeof found;
    check(chainrule_evaluate_f32(trained, &validation, &found));
    printf("%.1f %% of %lu rows right\n", 100.0 * found.accuracy, (unsigned long)found.rows);

    check(chainrule_model_with_class_names(trained, names, CLASSES, &named));
    check(chainrule_model_save(named, argv[1]));
    check(chainrule_model_load(argv[1], &loaded));
    check(chainrule_predict_classes_f32(loaded, 0, point, COLUMNS, &class_of_point, 1));
    check(chainrule_model_class_name(loaded, class_of_point, &name));
    printf("(%g, %g) is %s\n", point[0], point[1], name);

    check(chainrule_predict_f32(named, CHAINRULE_PROBABILITIES, other_x, VALIDATION * COLUMNS, y, VALIDATION * CLASSES));
    check(chainrule_predict_f32(loaded, CHAINRULE_PROBABILITIES, other_x, VALIDATION * COLUMNS, again, VALIDATION * CLASSES));
    if (memcmp(y, again, sizeof y) != 0 || found.accuracy < 0.95 || strcmp(name, "inside") != 0) {
        fprintf(stderr, "this is not what was trained\n");
        return 1;
    }
    check(chainrule_model_free(loaded));
    check(chainrule_model_free(named));
    check(chainrule_model_free(trained));
    check(chainrule_model_free(network));
    return 0;
}
