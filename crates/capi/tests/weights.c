/* What the header promises of weights, names and files in memory: they go in and come out as they are, or are refused.
 *
 *     weights FOLDER     a folder for files */

#include "expect.h"

#include <float.h>
#include <math.h>

static char path[4096];

static void weights_go_in_as_they_come_out(void)
{
    const float line[2] = { 2.0f, 0.5f }, x[1] = { 3.0f };
    const double exact[2] = { 0.1, -1.0 / 3.0 };
    double other[2], big[2] = { 1.0, DBL_MAX };
    float found[2], y[1];
    ChainruleModel *model = NULL, *set = NULL, *of_double = NULL, *again = NULL, *none = NULL;

    DONE(chainrule_model_create("1-1", "mse", CHAINRULE_F32, 1, &model));
    DONE(chainrule_model_with_parameters_f32(model, line, 2, &set));
    DONE(chainrule_model_parameters_f32(set, found, 2));
    EXPECT(found[0] == 2.0f && found[1] == 0.5f);
    DONE(chainrule_predict_f32(set, 0, x, 1, y, 1));
    EXPECT(y[0] == 6.5f);
    /* The old one is as it was. */
    DONE(chainrule_model_parameters_f32(model, found, 2));
    EXPECT(found[0] != 2.0f);
    REFUSED(chainrule_model_with_parameters_f32(model, line, 1, &none), CHAINRULE_ERROR_ARGUMENT, "parameters_len is 1; expected 2");
    REFUSED(chainrule_model_with_parameters_f64(model, big, 2, &none), CHAINRULE_ERROR_DATA, "at index 1; expected finite numbers within the range of f32");
    found[0] = (float)NAN;
    REFUSED(chainrule_model_with_parameters_f32(model, found, 2, &none), CHAINRULE_ERROR_DATA, "parameters has NaN at index 0");
    DONE(chainrule_model_create("1-1", "mse", CHAINRULE_F64, 1, &of_double));
    DONE(chainrule_model_with_parameters_f64(of_double, exact, 2, &again));
    DONE(chainrule_model_parameters_f64(again, other, 2));
    EXPECT(other[0] == exact[0] && other[1] == exact[1]);
    REFUSED(chainrule_model_with_parameters_f64(of_double, exact, 2, NULL), CHAINRULE_ERROR_ARGUMENT, "changed is null");
    REFUSED(chainrule_model_with_parameters_f32(model, NULL, 2, &none), CHAINRULE_ERROR_ARGUMENT, "parameters is null");
    REFUSED(chainrule_model_with_parameters_f32(NULL, line, 2, &none), CHAINRULE_ERROR_ARGUMENT, "model is null");
    EXPECT(none == NULL);
    DONE(chainrule_model_free(again));
    DONE(chainrule_model_free(of_double));
    DONE(chainrule_model_free(set));
    DONE(chainrule_model_free(model));
}

static void a_file_in_memory_has_the_bytes_of_one_on_disk(void)
{
    static unsigned char bytes[1 << 16], on_disk[1 << 16];
    const char *names[3] = { "low", "middle", "high" };
    const char *name;
    size_t length = 0, read = 0;
    FILE *file;
    ChainruleModel *model = NULL, *named = NULL, *loaded = NULL;

    DONE(chainrule_model_create("2-4-3 batch_norm tanh", "cross-entropy", CHAINRULE_F64, 1, &model));
    DONE(chainrule_model_with_class_names(model, names, 3, &named));
    DONE(chainrule_model_file_size(named, &length));
    EXPECT(length > 300 && length < sizeof bytes);
    DONE(chainrule_model_save_memory(named, bytes, length));
    DONE(chainrule_model_save(named, path));
    file = fopen(path, "rb");
    EXPECT(file != NULL);
    if (file != NULL) {
        read = fread(on_disk, 1, sizeof on_disk, file);
        fclose(file);
    }
    EXPECT(read == length && memcmp(bytes, on_disk, length) == 0);
    DONE(chainrule_model_load_memory(bytes, length, &loaded));
    DONE(chainrule_model_class_name(loaded, 1, &name));
    EXPECT(strcmp(name, "middle") == 0);
    REFUSED(chainrule_model_save_memory(named, bytes, length - 1), CHAINRULE_ERROR_ARGUMENT, "chainrule_model_file_size()");
    REFUSED(chainrule_model_save_memory(named, bytes, 0), CHAINRULE_ERROR_ARGUMENT, "bytes_len is 0");
    REFUSED(chainrule_model_save_memory(named, NULL, length), CHAINRULE_ERROR_ARGUMENT, "bytes is null");
    REFUSED(chainrule_model_save_memory(NULL, bytes, length), CHAINRULE_ERROR_ARGUMENT, "model is null");
    REFUSED(chainrule_model_file_size(named, NULL), CHAINRULE_ERROR_ARGUMENT, "bytes_len is null");
    REFUSED(chainrule_model_file_size(NULL, &length), CHAINRULE_ERROR_ARGUMENT, "model is null");
    DONE(chainrule_model_free(loaded));
    DONE(chainrule_model_free(named));
    DONE(chainrule_model_free(model));
}

static void names_that_no_file_holds_are_refused(void)
{
    const char *lines[3] = { "a\nb", "c", "d" }, *turned[3] = { "a", "\xe2\x80\xae", "c" };
    ChainruleModel *model = NULL, *named = NULL;

    DONE(chainrule_model_create("2-3", "cross-entropy", CHAINRULE_F32, 1, &model));
    REFUSED(chainrule_model_with_class_names(model, lines, 3, &named), CHAINRULE_ERROR_ARGUMENT, "no control characters");
    REFUSED(chainrule_model_with_class_names(model, turned, 3, &named), CHAINRULE_ERROR_ARGUMENT, "of class 1");
    EXPECT(named == NULL);
    DONE(chainrule_model_free(model));
}

static void a_trainer_says_what_it_does_not_do(void)
{
    const float x[2] = { 1.0f, 1.0f }, huge[2] = { 3e38f, 3e38f };
    float z[2];
    ChainruleModel *model = NULL, *set = NULL;
    ChainruleTrainer *trainer = NULL;
    ChainruleTrainOptions options;

    DONE(chainrule_model_create("1-1", "mse", CHAINRULE_F32, 1, &model));
    DONE(chainrule_train_options_init(&options, sizeof options));
    options.schedule = "cosine";
    REFUSED(chainrule_trainer_create(model, &options, 2, &trainer), CHAINRULE_ERROR_UNSUPPORTED, "chainrule_trainer_set_learning_rate()");
    options.schedule = NULL;
    options.accumulate = 2;
    REFUSED(chainrule_trainer_create(model, &options, 2, &trainer), CHAINRULE_ERROR_UNSUPPORTED, "accumulate");
    options.accumulate = 1;
    /* Those that do not count are not looked at. */
    options.epochs = 0;
    options.batch = 0;
    options.label_smoothing = 7.0;
    options.balance_classes = 1;
    DONE(chainrule_model_with_parameters_f32(model, huge, 2, &set));
    DONE(chainrule_trainer_create(set, &options, 2, &trainer));
    REFUSED(chainrule_trainer_forward_f32(trainer, 0, x, 2, z, 2), CHAINRULE_ERROR_NOT_FINITE, "row 1: output 1 is inf");
    REFUSED(chainrule_trainer_step_f32(trainer, x, 2), CHAINRULE_ERROR_ARGUMENT, "there is no pass");
    DONE(chainrule_trainer_free(trainer));
    DONE(chainrule_model_free(set));
    DONE(chainrule_model_free(model));
}

int main(int argc, char **argv)
{
    if (argc != 2 || strlen(argv[1]) > 4000) {
        fprintf(stderr, "usage: weights FOLDER\n");
        return 2;
    }
    sprintf(path, "%s/weights.safetensors", argv[1]);
    weights_go_in_as_they_come_out();
    a_file_in_memory_has_the_bytes_of_one_on_disk();
    names_that_no_file_holds_are_refused();
    a_trainer_says_what_it_does_not_do();
    return finish("weights");
}
