/* What a caller gets wrong: null, wrong lengths, lengths that no memory has, handles that were freed or never were any, files that
 * are not there or damaged. Each must be refused with its status and a text, and leave the process as it was.
 *
 *     attack FOLDER     a folder for files */

#include "expect.h"

#include <float.h>
#include <math.h>

#define ARGUMENT CHAINRULE_ERROR_ARGUMENT
#define HANDLE CHAINRULE_ERROR_HANDLE

static ChainruleModel *model = NULL;
static ChainruleTrainer *trainer = NULL;
static char path[4096];

static ChainruleDataF32 data_of(const float *x, size_t rows, const uint32_t *classes)
{
    ChainruleDataF32 data;
    memset(&data, 0, sizeof data);
    data.size = sizeof data;
    data.x = x;
    data.x_len = 2 * rows;
    data.classes = classes;
    data.classes_len = rows;
    return data;
}

static void null_everywhere(void)
{
    const float x[2] = { 1, 2 };
    const double x64[2] = { 1, 2 };
    float y[3];
    double y64[3];
    uint32_t class_of_row, classes[1] = { 0 };
    const char *text, *cells[2] = { "1", NULL };
    size_t count;
    ChainruleModel *made = NULL;
    ChainruleTrainer *other = NULL;
    ChainruleModelInfo info;
    ChainruleTrainOptions options;
    ChainruleEvaluation found;
    ChainruleDataF32 data = data_of(x, 1, classes);

    info.size = sizeof info;
    found.size = sizeof found;
    REFUSED(chainrule_model_create(NULL, "mse", CHAINRULE_F32, 0, &made), ARGUMENT, "network is null");
    REFUSED(chainrule_model_create("1-1", NULL, CHAINRULE_F32, 0, &made), ARGUMENT, "loss is null");
    REFUSED(chainrule_model_create("1-1", "mse", CHAINRULE_F32, 0, NULL), ARGUMENT, "model is null");
    REFUSED(chainrule_model_load(NULL, &made), ARGUMENT, "path is null");
    REFUSED(chainrule_model_load(path, NULL), ARGUMENT, "model is null");
    REFUSED(chainrule_model_load_memory(NULL, 9, &made), ARGUMENT, "bytes is null");
    REFUSED(chainrule_model_load_memory(x, sizeof x, NULL), ARGUMENT, "model is null");
    REFUSED(chainrule_model_save(NULL, path), ARGUMENT, "model is null");
    REFUSED(chainrule_model_save(model, NULL), ARGUMENT, "path is null");
    DONE(chainrule_model_free(NULL));
    DONE(chainrule_trainer_free(NULL));
    REFUSED(chainrule_model_with_class_names(model, NULL, 3, &made), ARGUMENT, "names is null");
    REFUSED(chainrule_model_with_class_names(model, cells, 2, &made), ARGUMENT, "names[1] is null");
    REFUSED(chainrule_model_info(NULL, &info), ARGUMENT, "model is null");
    REFUSED(chainrule_model_info(model, NULL), ARGUMENT, "info is null");
    REFUSED(chainrule_model_layers(NULL, &text), ARGUMENT, "model is null");
    REFUSED(chainrule_model_layers(model, NULL), ARGUMENT, "layers is null");
    REFUSED(chainrule_model_loss(model, NULL), ARGUMENT, "loss is null");
    REFUSED(chainrule_model_class_name(model, 0, NULL), ARGUMENT, "name is null");
    REFUSED(chainrule_model_column_name(NULL, 0, &text), ARGUMENT, "model is null");
    REFUSED(chainrule_model_target_name(model, 0, NULL), ARGUMENT, "name is null");
    REFUSED(chainrule_model_category_count(model, 0, NULL), ARGUMENT, "count is null");
    REFUSED(chainrule_model_category_count(NULL, 0, &count), ARGUMENT, "model is null");
    REFUSED(chainrule_model_category_name(model, 0, 0, NULL), ARGUMENT, "name is null");
    REFUSED(chainrule_model_parameters_f32(model, NULL, 9), ARGUMENT, "parameters is null");
    REFUSED(chainrule_model_parameters_f64(NULL, y64, 3), ARGUMENT, "model is null");
    REFUSED(chainrule_predict_f32(NULL, 0, x, 2, y, 3), ARGUMENT, "model is null");
    REFUSED(chainrule_predict_f32(model, 0, NULL, 2, y, 3), ARGUMENT, "x is null");
    REFUSED(chainrule_predict_f32(model, 0, NULL, 0, y, 0), ARGUMENT, "x is null");
    REFUSED(chainrule_predict_f32(model, 0, x, 2, NULL, 3), ARGUMENT, "y is null");
    REFUSED(chainrule_predict_f64(model, 0, NULL, 2, y64, 3), ARGUMENT, "x is null");
    REFUSED(chainrule_predict_f64(model, 0, x64, 2, NULL, 3), ARGUMENT, "y is null");
    REFUSED(chainrule_predict_classes_f32(model, 0, NULL, 2, &class_of_row, 1), ARGUMENT, "x is null");
    REFUSED(chainrule_predict_classes_f32(model, 0, x, 2, NULL, 1), ARGUMENT, "classes is null");
    REFUSED(chainrule_predict_classes_f64(NULL, 0, x64, 2, &class_of_row, 1), ARGUMENT, "model is null");
    REFUSED(chainrule_predict_texts(model, 0, NULL, 2, y64, 3), ARGUMENT, "cells is null");
    REFUSED(chainrule_predict_texts(model, 0, cells, 2, y64, 3), ARGUMENT, "cells[1] is null");
    REFUSED(chainrule_predict_classes_texts(model, cells, 2, NULL, 1), ARGUMENT, "null");
    REFUSED(chainrule_train_options_init(NULL, sizeof options), ARGUMENT, "options is null");
    REFUSED(chainrule_train_f32(NULL, &data, NULL, NULL, &made, NULL), ARGUMENT, "start is null");
    REFUSED(chainrule_train_f32(model, NULL, NULL, NULL, &made, NULL), ARGUMENT, "train is null");
    REFUSED(chainrule_train_f32(model, &data, NULL, NULL, NULL, NULL), ARGUMENT, "trained is null");
    REFUSED(chainrule_train_f64(model, NULL, NULL, NULL, &made, NULL), ARGUMENT, "train is null");
    REFUSED(chainrule_evaluate_f32(model, NULL, &found), ARGUMENT, "data is null");
    REFUSED(chainrule_evaluate_f32(model, &data, NULL), ARGUMENT, "evaluation is null");
    REFUSED(chainrule_evaluate_f64(NULL, NULL, NULL), ARGUMENT, "model is null");
    REFUSED(chainrule_trainer_create(NULL, NULL, 1, &other), ARGUMENT, "model is null");
    REFUSED(chainrule_trainer_create(model, NULL, 1, NULL), ARGUMENT, "trainer is null");
    REFUSED(chainrule_trainer_forward_f32(NULL, 0, x, 2, y, 3), ARGUMENT, "trainer is null");
    REFUSED(chainrule_trainer_forward_f32(trainer, 0, NULL, 2, y, 3), ARGUMENT, "x is null");
    REFUSED(chainrule_trainer_forward_f64(trainer, 0, x64, 2, NULL, 3), ARGUMENT, "z is null");
    REFUSED(chainrule_trainer_step_f32(trainer, NULL, 3), ARGUMENT, "dz is null");
    REFUSED(chainrule_trainer_step_f64(NULL, x64, 2), ARGUMENT, "trainer is null");
    REFUSED(chainrule_trainer_set_learning_rate(NULL, 0.1), ARGUMENT, "trainer is null");
    REFUSED(chainrule_trainer_model(NULL, &made), ARGUMENT, "trainer is null");
    REFUSED(chainrule_trainer_model(trainer, NULL), ARGUMENT, "model is null");
    data.x = NULL;
    REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), ARGUMENT, "train->x is null");
    data = data_of(x, 1, NULL);
    REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "data->classes is null");
    data.classes_len = 0;
    REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "neither classes nor values");
    EXPECT(made == NULL && other == NULL);
}

static void lengths(void)
{
    static float x[200];
    float y[9];
    double y64[3];
    uint32_t classes[3] = { 0, 1, 2 };
    const char *cells[3] = { "1", "2", "3" };
    const size_t wrong[] = { 0, 1, 3, 5 };
    const size_t huge[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 4, SIZE_MAX / 4 + 1, SIZE_MAX / 8 + 2 };
    size_t i;
    ChainruleModel *made = NULL;
    ChainruleTrainer *other = NULL;
    ChainruleModelInfo info;
    ChainruleEvaluation found;
    ChainruleTrainOptions options;
    ChainruleDataF32 data = data_of(x, 3, classes);

    found.size = sizeof found;
    for (i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        REFUSED(chainrule_predict_f32(model, 0, x, wrong[i], y, 3), ARGUMENT, "a multiple of 2, the columns");
        REFUSED(chainrule_predict_classes_f32(model, 0, x, wrong[i], classes, 1), ARGUMENT, "a multiple of 2");
        REFUSED(chainrule_predict_texts(model, 0, cells, wrong[i] > 3 ? 1 : wrong[i], y64, 3), ARGUMENT, "a multiple of 2");
        REFUSED(chainrule_trainer_forward_f32(trainer, 0, x, wrong[i], y, 3), CHAINRULE_ERROR_DATA, "rows");
    }
    REFUSED(chainrule_predict_f32(model, 0, x, 2, y, 2), ARGUMENT, "y_len is 2; expected 3, rows * outputs");
    REFUSED(chainrule_predict_f32(model, 0, x, 4, y, 3), ARGUMENT, "y_len is 3; expected 6");
    REFUSED(chainrule_predict_f32(model, 0, x, 2, y, 0), ARGUMENT, "y_len is 0");
    REFUSED(chainrule_predict_classes_f32(model, 0, x, 6, classes, 2), ARGUMENT, "classes_len is 2; expected 3, rows");
    REFUSED(chainrule_predict_classes_texts(model, cells, 2, classes, 3), ARGUMENT, "classes_len is 3; expected 1");
    for (i = 0; i < sizeof huge / sizeof *huge; i++) {
        REFUSED(chainrule_predict_f32(model, 0, x, huge[i], y, 3), ARGUMENT, "more than memory has");
        REFUSED(chainrule_predict_f32(model, 0, x, 2, y, huge[i]), ARGUMENT, "memory has");
        REFUSED(chainrule_predict_classes_f32(model, 0, x, 2, classes, huge[i]), ARGUMENT, "memory has");
        REFUSED(chainrule_predict_texts(model, 0, cells, huge[i], y64, 3), ARGUMENT, "memory has");
        REFUSED(chainrule_model_parameters_f32(model, y, huge[i]), ARGUMENT, "memory has");
        REFUSED(chainrule_model_with_class_names(model, cells, huge[i], &made), ARGUMENT, "memory has");
        REFUSED(chainrule_trainer_step_f32(trainer, y, huge[i]), ARGUMENT, "memory has");
        data = data_of(x, 3, classes);
        data.x_len = huge[i];
        REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "data->x has a length");
        data = data_of(x, 3, classes);
        data.classes_len = huge[i];
        REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), ARGUMENT, "train->classes has a length");
        data = data_of(x, 3, classes);
        data.weights = x;
        data.weights_len = huge[i];
        REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), ARGUMENT, "train->weights has a length");
    }
    REFUSED(chainrule_model_load_memory(x, SIZE_MAX, &made), ARGUMENT, "memory has");
    /* Room that the machine does not have is refused as such, or was never asked for. */
    REFUSED(chainrule_trainer_create(model, NULL, SIZE_MAX, &other), CHAINRULE_ERROR_MEMORY, "more memory than there is");
    REFUSED(chainrule_trainer_create(model, NULL, SIZE_MAX / 64, &other), CHAINRULE_ERROR_MEMORY, "more memory than there is");
    REFUSED(chainrule_trainer_create(model, NULL, 0, &other), ARGUMENT, "max_rows is 0");
    REFUSED(chainrule_model_create("9999999999-9999999999", "mse", CHAINRULE_F64, 0, &made), CHAINRULE_ERROR_MEMORY, "memory");

    info.size = sizeof info - 1;
    REFUSED(chainrule_model_info(model, &info), ARGUMENT, "info->size is");
    info.size = SIZE_MAX;
    REFUSED(chainrule_model_info(model, &info), ARGUMENT, "expected sizeof(ChainruleModelInfo)");
    REFUSED(chainrule_train_options_init(&options, sizeof options + 8), ARGUMENT, "sizeof(ChainruleTrainOptions)");
    memset(&options, 0, sizeof options);
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "memory has");
    data = data_of(x, 3, classes);
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "options->size is 0");
    data.size = 0;
    REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), ARGUMENT, "train->size is 0");
    found.size = 0;
    REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "size is 0");
    /* An odd address. */
    REFUSED(chainrule_predict_f32(model, 0, (const float *)(const void *)((const char *)x + 1), 2, y, 3), ARGUMENT, "a multiple of 4");
    EXPECT(made == NULL && other == NULL);
}

static void rows(void)
{
    float x[6] = { 1, 2, 3, 4, 5, 6 };
    float y[9];
    double big[2] = { DBL_MAX, 1 }, y64[3];
    uint32_t classes[3] = { 0, 1, 3 };
    const char *cells[2] = { "1", "two" };
    const char *bytes[2] = { "1", "\xff" };
    const char *few[2] = { "a", "b" }, *twice[3] = { "a", "b", "a" };
    float values[9] = { 0 };
    const char *name;
    ChainruleModel *made = NULL, *linear = NULL;
    ChainruleDataF32 data = data_of(x, 3, classes);
    ChainruleEvaluation found;
    ChainruleTrainOptions options;

    found.size = sizeof found;
    x[3] = (float)NAN;
    REFUSED(chainrule_predict_f32(model, 0, x, 6, y, 9), CHAINRULE_ERROR_DATA, "row 2, column 2: found NaN");
    x[3] = (float)INFINITY;
    REFUSED(chainrule_predict_f32(model, CHAINRULE_PREPARED, x, 6, y, 9), CHAINRULE_ERROR_DATA, "row 2, column 2: found inf");
    x[3] = 4;
    REFUSED(chainrule_predict_f64(model, 0, big, 2, y64, 3), CHAINRULE_ERROR_DATA, "within the range of f32");
    REFUSED(chainrule_predict_texts(model, 0, cells, 2, y64, 3), CHAINRULE_ERROR_DATA, "found \"two\", expected a number");
    REFUSED(chainrule_predict_texts(model, 0, bytes, 2, y64, 3), ARGUMENT, "cells[1] is no UTF-8");
    REFUSED(chainrule_predict_f32(model, 77, x, 6, y, 9), ARGUMENT, "flags is 0x4d");
    REFUSED(chainrule_predict_f32(model, 3, x, 6, y, 9), ARGUMENT, "flags is 0x3");
    REFUSED(chainrule_predict_classes_f32(model, CHAINRULE_RAW, x, 6, classes, 3), ARGUMENT, "flags has 0x1");
    REFUSED(chainrule_predict_texts(model, CHAINRULE_PREPARED, cells, 2, y64, 3), ARGUMENT, "flags has 0x100");
    REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), CHAINRULE_ERROR_DATA, "row 3: found label 3");
    classes[2] = 2;
    data.classes_len = 2;
    REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), CHAINRULE_ERROR_DATA, "3 rows");
    data.classes_len = 3;
    data.values = values;
    data.values_len = 9;
    REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "classes and values");
    data.values = NULL;
    REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "data->values is null");
    data.values_len = 0;
    data.flags = 1;
    REFUSED(chainrule_evaluate_f32(model, &data, &found), ARGUMENT, "flags has 0x1");
    data.flags = 0;
    data.weights = values;
    data.weights_len = 3;
    REFUSED(chainrule_train_f32(model, &data, NULL, NULL, &made, NULL), ARGUMENT, "weights of rows");
    data.weights = NULL;
    data.weights_len = 0;
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.optimizer = "adm";
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "known are sgd");
    options.optimizer = "\xfe";
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "options->optimizer is no UTF-8");
    options.optimizer = "sgd:lr=1e30";
    DONE(chainrule_model_create("2-3", "mse", CHAINRULE_F32, 1, &linear));
    REFUSED(chainrule_train_f32(linear, &data, NULL, &options, &made, NULL), CHAINRULE_ERROR_NOT_FINITE, "epoch");
    DONE(chainrule_model_free(linear));
    options.optimizer = NULL;
    options.preprocess = "whiten";
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "expected \"standardize\"");
    options.preprocess = NULL;
    options.patience = 3;
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "no validation rows");
    options.patience = 0;
    options.epochs = 0;
    REFUSED(chainrule_train_f32(model, &data, NULL, &options, &made, NULL), ARGUMENT, "epochs: found 0");
    REFUSED(chainrule_model_create("2-3 rellu", "mse", CHAINRULE_F32, 0, &made), ARGUMENT, "rellu");
    REFUSED(chainrule_model_create("2-3", "mes", CHAINRULE_F32, 0, &made), ARGUMENT, "mes");
    REFUSED(chainrule_model_create("2-3", "mse", 3, 0, &made), ARGUMENT, "element is 3");
    REFUSED(chainrule_model_class_name(model, 0, &name), CHAINRULE_ERROR_UNSUPPORTED, "no names of classes");
    REFUSED(chainrule_model_column_name(model, 0, &name), CHAINRULE_ERROR_UNSUPPORTED, "no names of columns");
    REFUSED(chainrule_model_category_name(model, 2, 0, &name), ARGUMENT, "column is 2; expected one below 2");
    REFUSED(chainrule_model_with_class_names(model, few, 2, &made), ARGUMENT, "names_len is 2; expected 3");
    REFUSED(chainrule_model_with_class_names(model, twice, 3, &made), ARGUMENT, "class name \"a\" of class 2");
    REFUSED(chainrule_trainer_set_learning_rate(trainer, -1.0), ARGUMENT, "learning rate is -1");
    REFUSED(chainrule_trainer_step_f32(trainer, y, 3), ARGUMENT, "there is no pass");
    DONE(chainrule_trainer_forward_f32(trainer, 0, x, 2, y, 3));
    y[0] = (float)NAN;
    REFUSED(chainrule_trainer_step_f32(trainer, y, 3), CHAINRULE_ERROR_DATA, "dz has NaN at index 0");
    REFUSED(chainrule_trainer_step_f32(trainer, y, 2), ARGUMENT, "dz_len is 2; expected 3");
    REFUSED(chainrule_trainer_forward_f32(trainer, 0, x, 6, y, 9), ARGUMENT, "made for 2");
    REFUSED(chainrule_trainer_forward_f32(trainer, 0, x, 2, y, 2), ARGUMENT, "z_len is 2; expected 3");
    REFUSED(chainrule_trainer_step_f32(trainer, y, 3), ARGUMENT, "there is no pass");
    EXPECT(made == NULL);
}

static void handles(void)
{
    const float x[2] = { 1, 2 };
    float y[3];
    int object = 7;
    const char *name;
    ChainruleModel *first = NULL, *again = NULL;
    ChainruleTrainer *other = NULL;
    /* No address is read, so anything may be tried. */
    void *foreign[] = { (void *)&object, (void *)y, (void *)(size_t)1, (void *)(size_t)8, (void *)SIZE_MAX };
    size_t i;

    for (i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        REFUSED(chainrule_predict_f32((ChainruleModel *)foreign[i], 0, x, 2, y, 3), HANDLE, "model is no handle");
        REFUSED(chainrule_model_free((ChainruleModel *)foreign[i]), HANDLE, "no handle, or one that was freed");
        REFUSED(chainrule_trainer_free((ChainruleTrainer *)foreign[i]), HANDLE, "trainer is no handle");
        REFUSED(chainrule_trainer_model((ChainruleTrainer *)foreign[i], &again), HANDLE, "trainer is no handle");
    }
    REFUSED(chainrule_model_layers((ChainruleModel *)trainer, &name), HANDLE, "the handle of a trainer; expected that of a model");
    REFUSED(chainrule_model_free((ChainruleModel *)trainer), HANDLE, "a trainer");
    REFUSED(chainrule_trainer_step_f32((ChainruleTrainer *)model, x, 2), HANDLE, "the handle of a model; expected that of a trainer");
    REFUSED(chainrule_trainer_free((ChainruleTrainer *)model), HANDLE, "a model");
    DONE(chainrule_model_create("2-3", "mse", CHAINRULE_F64, 0, &first));
    DONE(chainrule_predict_f32(first, 0, x, 2, y, 3));
    DONE(chainrule_trainer_create(first, NULL, 1, &other));
    DONE(chainrule_model_free(first));
    REFUSED(chainrule_predict_f32(first, 0, x, 2, y, 3), HANDLE, "one that was freed");
    REFUSED(chainrule_model_free(first), HANDLE, "one that was freed");
    DONE(chainrule_trainer_model(other, &again)); /* has a copy */
    EXPECT(again != first);
    DONE(chainrule_trainer_free(other));
    REFUSED(chainrule_trainer_free(other), HANDLE, "one that was freed");
    REFUSED(chainrule_trainer_set_learning_rate(other, 0.1), HANDLE, "one that was freed");
    DONE(chainrule_model_free(again));
    /* A new handle is none that was freed. */
    for (i = 0; i < 1000; i++) {
        ChainruleModel *next = NULL;
        DONE(chainrule_model_create("1-1", "mse", CHAINRULE_F32, 0, &next));
        EXPECT(next != first && next != again && (void *)next != (void *)other);
        DONE(chainrule_model_free(next));
    }
}

static long read_file(char *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    long count = file == NULL ? -1 : (long)fread(bytes, 1, room, file);
    if (file != NULL)
        fclose(file);
    return count;
}

static void files(const char *folder)
{
    static char bytes[1 << 16], damaged[1 << 16];
    char other[4200];
    long length, i;
    ChainruleModel *made = NULL;

    sprintf(other, "%s/absent", folder);
    REFUSED(chainrule_model_load(other, &made), CHAINRULE_ERROR_IO, "absent: No such file");
    REFUSED(chainrule_model_load(folder, &made), CHAINRULE_ERROR_IO, "folder");
    REFUSED(chainrule_model_load("", &made), CHAINRULE_ERROR_IO, "cannot read");
    sprintf(other, "%s/no/such/folder", folder);
    REFUSED(chainrule_model_save(model, other), CHAINRULE_ERROR_IO, "cannot");
    DONE(chainrule_model_save(model, path));
    length = read_file(bytes, sizeof bytes);
    EXPECT(length > 100);
    DONE(chainrule_model_load_memory(bytes, (size_t)length, &made));
    DONE(chainrule_model_free(made));
    made = NULL;
    REFUSED(chainrule_model_load_memory(bytes, 0, &made), CHAINRULE_ERROR_FORMAT, "bytes");
    for (i = 0; i < length; i += 7) {
        REFUSED(chainrule_model_load_memory(bytes, (size_t)i, &made), CHAINRULE_ERROR_FORMAT, "bytes");
        memcpy(damaged, bytes, (size_t)length);
        damaged[i] = (char)(damaged[i] ^ 0x10);
        REFUSED(chainrule_model_load_memory(damaged, (size_t)length, &made), CHAINRULE_ERROR_FORMAT, "bytes");
    }
    EXPECT(made == NULL);
}

int main(int argc, char **argv)
{
    if (argc != 2 || strlen(argv[1]) > 4000) {
        fprintf(stderr, "usage: attack FOLDER\n");
        return 2;
    }
    EXPECT(strcmp(chainrule_last_error(), "") == 0);
    sprintf(path, "%s/attack.safetensors", argv[1]);
    DONE(chainrule_model_create("2-4-3 relu", "cross-entropy", CHAINRULE_F32, 1, &model));
    DONE(chainrule_trainer_create(model, NULL, 2, &trainer));
    null_everywhere();
    lengths();
    rows();
    handles();
    files(argv[1]);
    DONE(chainrule_trainer_free(trainer));
    DONE(chainrule_model_free(model));
    return finish("attack");
}
