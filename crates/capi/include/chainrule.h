/*
 * chainrule: trains and runs dense neural networks on CPUs.
 *
 * A program in a few lines, without its checks:
 *
 *     ChainruleModel *model = NULL;
 *     if (chainrule_model_load("digits.safetensors", &model) != CHAINRULE_OK)
 *         fprintf(stderr, "%s\n", chainrule_last_error());
 *     chainrule_predict_classes_f32(model, 0, pixels, 64, &class_of_row, 1);
 *     chainrule_model_free(model);
 *
 * Errors. Every function that can fail returns a ChainruleStatus. Where it is not CHAINRULE_OK, nothing was written to its outputs,
 * and chainrule_last_error() says what was found, what was expected, and where. The library never prints, never ends the process, and
 * lets no panic through; only a system without memory for small things ends it.
 *
 * Lengths. Beside each array stands the number of its elements, never of its bytes. A length that does not fit is refused, and so are
 * null pointers, unless a function says that NULL is allowed, and addresses that are not aligned to their element. A length of more
 * than the array has cannot be told, and is undefined.
 *
 * Ownership. Handles are freed by chainrule_model_free() and chainrule_trainer_free(). A handle is no address: one that was freed,
 * or never was a handle, is refused with CHAINRULE_ERROR_HANDLE. A text that a function gives belongs to the library, which says
 * how long it is valid; used later it cannot be told, and is undefined. What is given to a function is not kept after it returns.
 *
 * Threads. Each function says which threads may call it. A model never changes, so that any number of threads may use one handle at
 * once. The library starts threads of its own, one for each core or as many as the variable RAYON_NUM_THREADS says, with the first call
 * that needs them; a process that is forked later must not use them (CHAINRULE_ERROR_THREADS where it can be told), so fork first.
 *
 * Structs begin with their size, which the caller sets, so that a header of one version with a library of another one is refused.
 *
 * Made by cbindgen from crates/capi/src; scripts/capi-header writes it again.
 */


#ifndef CHAINRULE_H
#define CHAINRULE_H

#include <stddef.h>
#include <stdint.h>

/**
 * The version of this interface. A program may compare it with chainrule_abi_version(): structs and functions are those of the
 * header if both are equal.
 */
#define CHAINRULE_ABI_VERSION 1

/**
 * Elements of a model: float.
 */
#define CHAINRULE_F32 1

/**
 * Elements of a model: double.
 */
#define CHAINRULE_F64 2

/**
 * Task: a file of another program does not say.
 */
#define CHAINRULE_TASK_UNKNOWN 0

/**
 * Task: one of several classes, each with an output, of which the largest is the answer.
 */
#define CHAINRULE_TASK_CLASSIFICATION 1

/**
 * Task: yes or no, one output.
 */
#define CHAINRULE_TASK_BINARY 2

/**
 * Task: several questions of yes or no, an output each.
 */
#define CHAINRULE_TASK_MULTI_LABEL 3

/**
 * Task: numbers, an output each.
 */
#define CHAINRULE_TASK_REGRESSION 4

/**
 * Flag of predictions: logits of classes, and of yes or no; values in the unit of the targets that were learned. The default.
 */
#define CHAINRULE_VALUES 0

/**
 * Flag of predictions: what the network computes, before values are brought back to their own unit.
 */
#define CHAINRULE_RAW 1

/**
 * Flag of predictions: the probability of each class, or of yes at each output.
 */
#define CHAINRULE_PROBABILITIES 2

/**
 * Flag of rows, to be added to others with |: the rows are the network's own inputs, as many as it has, and nothing is done to
 * them before. Without it rows have the columns of the model, as they come from their source.
 */
#define CHAINRULE_PREPARED 256

/**
 * Why training ended: all epochs are done.
 */
#define CHAINRULE_STOP_FINISHED 0

/**
 * Why training ended: no improvement on the validation rows for as many epochs as its patience.
 */
#define CHAINRULE_STOP_EARLY 1

/**
 * Why training ended: L-BFGS found no lower loss.
 */
#define CHAINRULE_STOP_CONVERGED 2

/**
 * Why training ended: the callback said so.
 */
#define CHAINRULE_STOP_CALLBACK 3

/**
 * What became of a call. Every other value than CHAINRULE_OK is an error, about which chainrule_last_error() has a text; outputs
 * of the call were then not written.
 */
typedef enum ChainruleStatus {
  /**
   * It was done.
   */
  CHAINRULE_OK = 0,
  /**
   * An argument is null, of another length than it must have, out of its range, or a name that is not known.
   */
  CHAINRULE_ERROR_ARGUMENT = 1,
  /**
   * A handle was freed, is one of another kind, or never was one.
   */
  CHAINRULE_ERROR_HANDLE = 2,
  /**
   * The operating system refused: a file is not there, may not be read or written, or the disk is full.
   */
  CHAINRULE_ERROR_IO = 3,
  /**
   * A file, or bytes in memory, is damaged, cut off, or holds no model.
   */
  CHAINRULE_ERROR_FORMAT = 4,
  /**
   * A row cannot be taken: a number is NaN or infinite, a value is missing, a category or a class is unknown, or rows and targets
   * do not fit one another or the network.
   */
  CHAINRULE_ERROR_DATA = 5,
  /**
   * Training diverged, or an output is NaN or infinite.
   */
  CHAINRULE_ERROR_NOT_FINITE = 6,
  /**
   * There is not enough memory.
   */
  CHAINRULE_ERROR_MEMORY = 7,
  /**
   * Another thread is using this trainer.
   */
  CHAINRULE_ERROR_BUSY = 8,
  /**
   * The model has none of what was asked for: classes, probabilities, names.
   */
  CHAINRULE_ERROR_UNSUPPORTED = 9,
  /**
   * Threads could not be started, or were left behind in a process that this one was forked from.
   */
  CHAINRULE_ERROR_THREADS = 10,
  /**
   * A bug of the library; please report the text.
   */
  CHAINRULE_ERROR_INTERNAL = 11,
} ChainruleStatus;

/**
 * A network with all that its predictions need: preprocessing, columns, classes. It never changes: every function that takes one
 * may be called from any number of threads at once with the same handle.
 *
 * A handle is no address, and nothing can be read through it. One that was freed is refused with CHAINRULE_ERROR_HANDLE by every
 * function, and so is a pointer that never was a handle.
 */
typedef struct ChainruleModel ChainruleModel;

/**
 * A network that takes training steps, one at a time, with gradients of the caller's own. One thread at a time: a call that comes
 * while another one runs is refused with CHAINRULE_ERROR_BUSY.
 */
typedef struct ChainruleTrainer ChainruleTrainer;

/**
 * What chainrule_model_info() says of a model. Set size to sizeof(ChainruleModelInfo) before.
 */
typedef struct ChainruleModelInfo {
  /**
   * sizeof(ChainruleModelInfo).
   */
  size_t size;
  /**
   * Numbers or texts in a row, as it comes from its source.
   */
  size_t columns;
  /**
   * Inputs of the network: more than columns where categories became several inputs each.
   */
  size_t inputs;
  /**
   * Outputs of the network, and numbers in a predicted row.
   */
  size_t outputs;
  /**
   * Classes that have names, for chainrule_model_class_name(); of a question of yes or no 2. 0 where there are none.
   */
  size_t classes;
  /**
   * Weights and biases, in all.
   */
  size_t parameters;
  /**
   * CHAINRULE_F32 or CHAINRULE_F64: what it computes with.
   */
  uint32_t element;
  /**
   * CHAINRULE_TASK_...: what is predicted.
   */
  uint32_t task;
} ChainruleModelInfo;

/**
 * An epoch of training, for a ChainruleEpochCallback.
 */
typedef struct ChainruleEpoch {
  /**
   * Counted from 1.
   */
  size_t epoch;
  /**
   * The mean loss of its rows, each before the step that uses it.
   */
  double loss;
  /**
   * The mean loss of the validation rows after it; NaN where there are none.
   */
  double validation_loss;
  /**
   * The share of validation rows whose class is right; NaN without classes.
   */
  double validation_accuracy;
  /**
   * Wall time of its steps, in seconds.
   */
  double seconds;
} ChainruleEpoch;

/**
 * Called after each epoch, with what it came to and the pointer of the options; returns 0 to go on, anything else to end training
 * there. It may be called on a thread of the library, while the call that trains waits. It must return: no longjmp, and in C++ no
 * exception. The epoch is valid until it returns. It may call any function of this library.
 */
typedef int (*ChainruleEpochCallback)(const struct ChainruleEpoch *epoch, void *user);

/**
 * How a network is trained: begin with chainrule_train_options_init(), which sets the defaults. Texts are read during the call
 * alone.
 */
typedef struct ChainruleTrainOptions {
  /**
   * sizeof(ChainruleTrainOptions).
   */
  size_t size;
  /**
   * Passes over the rows; 20.
   */
  size_t epochs;
  /**
   * Rows in a minibatch; 32.
   */
  size_t batch;
  /**
   * Minibatches whose gradients are accumulated for one step; 1.
   */
  size_t accumulate;
  /**
   * Threads; 0 shares those of the process, one for each core. No bit of the result depends on it.
   */
  size_t threads;
  /**
   * The seed of the order of the rows; 0.
   */
  uint64_t seed;
  /**
   * The optimiser and its settings: "sgd", "adam", "adamw:lr=0.002:weight-decay=0.05", "sgd:lr=0.1:momentum=0.9:nesterov=1",
   * "rmsprop", "adagrad", or "lbfgs", which takes all rows at once; NULL: "sgd", with a learning rate of 0.1.
   */
  const char *optimizer;
  /**
   * How the learning rate changes: "constant", "cosine", "step:every=10:factor=0.5", "plateau:patience=3" and others; NULL:
   * constant.
   */
  const char *schedule;
  /**
   * What is done to each column first, fitted on the rows that are trained on, and kept in the model: "standardize", "none" or
   * "scale:0.00392"; NULL: what the model does.
   */
  const char *preprocess;
  /**
   * The largest norm of a step's gradient, to which longer ones are clipped; 0: none is.
   */
  double clip_norm;
  /**
   * The share of each target that is spread over all classes, with cross-entropy; 0.
   */
  double label_smoothing;
  /**
   * Not 0: with cross-entropy each class counts alike, however many rows it has; 0.
   */
  uint32_t balance_classes;
  /**
   * Epochs without an improvement of the validation loss after which training ends, with the weights of the best epoch; needs
   * validation rows. 0: never.
   */
  size_t patience;
  /**
   * Called after each epoch; NULL: nothing is.
   */
  ChainruleEpochCallback on_epoch;
  /**
   * What on_epoch is given.
   */
  void *user;
} ChainruleTrainOptions;

/**
 * Rows with their targets, in float. Set all to 0 and size to sizeof(ChainruleDataF32), then what there is. Nothing of it is kept
 * after the call.
 */
typedef struct ChainruleDataF32 {
  /**
   * sizeof(ChainruleDataF32).
   */
  size_t size;
  /**
   * The rows, (rows, columns) row-major.
   */
  const float *x;
  /**
   * Numbers in x: rows * columns.
   */
  size_t x_len;
  /**
   * The class of each row, (rows), counted from 0; or NULL. Of a network with one output 1 is yes and 0 is no.
   */
  const uint32_t *classes;
  /**
   * Numbers in classes: rows; or 0.
   */
  size_t classes_len;
  /**
   * The values of each row, (rows, outputs) row-major, instead of classes; or NULL.
   */
  const float *values;
  /**
   * Numbers in values: rows * outputs; or 0.
   */
  size_t values_len;
  /**
   * How much each row counts, (rows), 0 or more; or NULL: all alike. Evaluation knows no weights.
   */
  const float *weights;
  /**
   * Numbers in weights: rows; or 0.
   */
  size_t weights_len;
  /**
   * 0 or CHAINRULE_PREPARED.
   */
  uint32_t flags;
} ChainruleDataF32;

/**
 * What came of training. Set size to sizeof(ChainruleTrainReport) before.
 */
typedef struct ChainruleTrainReport {
  /**
   * sizeof(ChainruleTrainReport).
   */
  size_t size;
  /**
   * Whole epochs.
   */
  size_t epochs;
  /**
   * Steps.
   */
  size_t steps;
  /**
   * With patience the best epoch, counted from 1, whose weights the model has; else 0.
   */
  size_t best_epoch;
  /**
   * The loss of the last epoch; with patience that of the best.
   */
  double loss;
  /**
   * The validation loss of that epoch; NaN where there are no validation rows.
   */
  double validation_loss;
  /**
   * The validation accuracy of that epoch; NaN without classes.
   */
  double validation_accuracy;
  /**
   * Wall time in seconds.
   */
  double seconds;
  /**
   * CHAINRULE_STOP_...: why it ended.
   */
  uint32_t stop_reason;
} ChainruleTrainReport;

/**
 * As ChainruleDataF32, in double.
 */
typedef struct ChainruleDataF64 {
  /**
   * sizeof(ChainruleDataF64).
   */
  size_t size;
  /**
   * The rows, (rows, columns) row-major.
   */
  const double *x;
  /**
   * Numbers in x: rows * columns.
   */
  size_t x_len;
  /**
   * The class of each row, (rows), counted from 0; or NULL. Of a network with one output 1 is yes and 0 is no.
   */
  const uint32_t *classes;
  /**
   * Numbers in classes: rows; or 0.
   */
  size_t classes_len;
  /**
   * The values of each row, (rows, outputs) row-major, instead of classes; or NULL.
   */
  const double *values;
  /**
   * Numbers in values: rows * outputs; or 0.
   */
  size_t values_len;
  /**
   * How much each row counts, (rows), 0 or more; or NULL: all alike. Evaluation knows no weights.
   */
  const double *weights;
  /**
   * Numbers in weights: rows; or 0.
   */
  size_t weights_len;
  /**
   * 0 or CHAINRULE_PREPARED.
   */
  uint32_t flags;
} ChainruleDataF64;

/**
 * How good a model is on rows whose targets are known. Set size to sizeof(ChainruleEvaluation) before.
 */
typedef struct ChainruleEvaluation {
  /**
   * sizeof(ChainruleEvaluation).
   */
  size_t size;
  /**
   * Rows.
   */
  size_t rows;
  /**
   * The mean loss, by the loss that the model was trained with.
   */
  double loss;
  /**
   * The share of rows whose class is right; NaN without classes.
   */
  double accuracy;
  /**
   * The mean absolute error, in the unit of the targets; NaN with classes.
   */
  double mean_absolute_error;
  /**
   * The share of the targets' variance that is explained (R squared), the mean over the outputs; NaN with classes.
   */
  double r2;
} ChainruleEvaluation;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library, as "0.1.0". Never NULL; static. Any thread.
 */
const char *chainrule_version(void);

/**
 * The version of the interface that the library was built with: compare it with CHAINRULE_ABI_VERSION. Any thread.
 */
uint32_t chainrule_abi_version(void);

/**
 * What was wrong with the last call of this thread that did not return CHAINRULE_OK: what was found, what was expected, and where,
 * in UTF-8. An empty text where no call failed; never NULL. The text belongs to the library and is valid until another call of this
 * thread fails, or the thread ends. Any thread.
 */
const char *chainrule_last_error(void);

/**
 * The name of a status, as "CHAINRULE_ERROR_IO"; "unknown status" of a number that is none. Never NULL; static. Any thread.
 */
const char *chainrule_status_name(int32_t status);

/**
 * Makes a model of a new network, which is not trained yet.
 *
 * network: its sizes from the inputs to the outputs, and the modules behind each dense layer but the last: "2-8-2 tanh",
 * "784-128-64-10 batch_norm relu dropout(0.2)"; or its layers: "dense(2, 8), tanh, dense(8, 2)", as chainrule_model_layers() has
 * them.
 * loss: "cross-entropy" for classes, "binary-cross-entropy" for yes or no, "mse", "half-mse", "mae", "huber(0.5)" for values.
 * element: CHAINRULE_F32 or CHAINRULE_F64. seed: of the initial weights and of dropout; the same seed gives the same weights.
 * model: where the handle goes, to be freed by chainrule_model_free().
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT for a text that is not understood, CHAINRULE_ERROR_MEMORY. Any thread.
 */
enum ChainruleStatus chainrule_model_create(const char *network,
                                            const char *loss,
                                            uint32_t element,
                                            uint64_t seed,
                                            struct ChainruleModel **model);

/**
 * Reads a model file: what chainrule_model_save(), `chainrule train --save`, the Rust library or Python wrote, safetensors of
 * PyTorch's dense layers, or ONNX. It is checked whole: checksum, sizes, and outputs of rows that it carries. Loading starts no
 * threads and needs none.
 *
 * path: of the file; any bytes that the system takes, UTF-8 on Windows. model: where the handle goes.
 *
 * Errors: CHAINRULE_ERROR_IO, CHAINRULE_ERROR_FORMAT, CHAINRULE_ERROR_MEMORY. Any thread.
 */
enum ChainruleStatus chainrule_model_load(const char *path,
                                          struct ChainruleModel **model);

/**
 * As chainrule_model_load(), of the bytes of a file in memory, which are not needed afterwards.
 *
 * bytes, bytes_len: the file. model: where the handle goes.
 *
 * Errors: as chainrule_model_load(). Any thread.
 */
enum ChainruleStatus chainrule_model_load_memory(const void *bytes, size_t bytes_len, struct ChainruleModel **model);

/**
 * Writes a model file, whole or not at all: a file that was there stays until the new one is complete.
 *
 * path: usually with the ending .safetensors; model.onnx, model.json, model.pt and other formats' names are refused, as other programs
 * would take the file for those.
 *
 * Errors: CHAINRULE_ERROR_IO; CHAINRULE_ERROR_FORMAT for such a name, and for a model that could not be loaded again, with weights that
 * are NaN. Any thread.
 */
enum ChainruleStatus chainrule_model_save(const struct ChainruleModel *model,
                                          const char *path);

/**
 * The length of the file that chainrule_model_save() would write, for chainrule_model_save_memory(). It is computed by making that
 * file.
 *
 * bytes_len: where the length goes.
 *
 * Errors: as chainrule_model_save_memory(). Any thread.
 */
enum ChainruleStatus chainrule_model_file_size(const struct ChainruleModel *model,
                                               size_t *bytes_len);

/**
 * As chainrule_model_save(), into memory: what chainrule_model_load_memory() takes. The same model gives the same bytes.
 *
 * bytes, bytes_len: where the file goes, and its length, chainrule_model_file_size().
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT for another length, CHAINRULE_ERROR_FORMAT for a model that could not be loaded again, with weights
 * that are NaN, CHAINRULE_ERROR_MEMORY. Any thread.
 */
enum ChainruleStatus chainrule_model_save_memory(const struct ChainruleModel *model,
                                                 void *bytes,
                                                 size_t bytes_len);

/**
 * Frees a model; NULL is none. Calls of other threads that use it go on to their end. Texts that the model gave are gone with it.
 *
 * Errors: CHAINRULE_ERROR_HANDLE where it was freed before, or never was a model. Any thread.
 */
enum ChainruleStatus chainrule_model_free(struct ChainruleModel *model);

/**
 * Makes a model that is the same but for the names of its classes.
 *
 * names, names_len: one for each output, no two alike, in UTF-8, without control characters. named: where the handle of the new
 * model goes; the old one stays.
 *
 * Errors: CHAINRULE_ERROR_UNSUPPORTED for a model that predicts no classes, CHAINRULE_ERROR_ARGUMENT for another number of names, two
 * that are alike, and one with a control character (a newline, say), a line separator or a character that turns the direction of
 * text, CHAINRULE_ERROR_MEMORY. Any thread.
 */
enum ChainruleStatus chainrule_model_with_class_names(const struct ChainruleModel *model,
                                                      const char *const *names,
                                                      size_t names_len,
                                                      struct ChainruleModel **named);

/**
 * Fills in the sizes of a model, its element type and its task. Set info->size to sizeof(ChainruleModelInfo) before. Any thread.
 */
enum ChainruleStatus chainrule_model_info(const struct ChainruleModel *model,
                                          struct ChainruleModelInfo *info);

/**
 * The layers of the network: "dense(2, 8), tanh, dense(8, 2)". The text belongs to the model, as long as that lives. Any thread.
 */
enum ChainruleStatus chainrule_model_layers(const struct ChainruleModel *model,
                                            const char **layers);

/**
 * What it is or was trained to make small: "cross-entropy". The text belongs to the model, as long as that lives. Any thread.
 */
enum ChainruleStatus chainrule_model_loss(const struct ChainruleModel *model,
                                          const char **loss);

/**
 * The name of a class; of a question of yes or no that of no for index 0 and that of yes for 1.
 *
 * index: below ChainruleModelInfo's classes. name: where the text goes, which belongs to the model, as long as that lives.
 *
 * Errors: CHAINRULE_ERROR_UNSUPPORTED where there are no names. Any thread.
 */
enum ChainruleStatus chainrule_model_class_name(const struct ChainruleModel *model,
                                                size_t index,
                                                const char **name);

/**
 * The name of a column of the table that the model was trained on, in the order that rows have them.
 *
 * index: below ChainruleModelInfo's columns. name: where the text goes, which belongs to the model, as long as that lives.
 *
 * Errors: CHAINRULE_ERROR_UNSUPPORTED where it was trained on no table. Any thread.
 */
enum ChainruleStatus chainrule_model_column_name(const struct ChainruleModel *model,
                                                 size_t index,
                                                 const char **name);

/**
 * The name of what an output of values predicts, as the table called it.
 *
 * index: below ChainruleModelInfo's outputs. name: where the text goes, which belongs to the model, as long as that lives.
 *
 * Errors: CHAINRULE_ERROR_UNSUPPORTED where there are no names. Any thread.
 */
enum ChainruleStatus chainrule_model_target_name(const struct ChainruleModel *model,
                                                 size_t index,
                                                 const char **name);

/**
 * The number of categories that a column may hold as text; 0 of a column of numbers.
 *
 * column: below ChainruleModelInfo's columns. count: where the number goes. Any thread.
 */
enum ChainruleStatus chainrule_model_category_count(const struct ChainruleModel *model, size_t column, size_t *count);

/**
 * A category that a column may hold as text.
 *
 * column: below ChainruleModelInfo's columns. index: below chainrule_model_category_count(). name: where the text goes, which
 * belongs to the model, as long as that lives.
 *
 * Errors: CHAINRULE_ERROR_UNSUPPORTED of a column of numbers. Any thread.
 */
enum ChainruleStatus chainrule_model_category_name(const struct ChainruleModel *model,
                                                   size_t column,
                                                   size_t index,
                                                   const char **name);

/**
 * Copies all weights and biases, layer by layer: of a dense layer its weights, (inputs, outputs) row-major, then its biases.
 *
 * parameters, parameters_len: where they go; ChainruleModelInfo's parameters. Of a model in double they are rounded. Any thread.
 */
enum ChainruleStatus chainrule_model_parameters_f32(const struct ChainruleModel *model,
                                                    float *parameters,
                                                    size_t parameters_len);

/**
 * As chainrule_model_parameters_f32(), in double: exact.
 */
enum ChainruleStatus chainrule_model_parameters_f64(const struct ChainruleModel *model,
                                                    double *parameters,
                                                    size_t parameters_len);

/**
 * Makes a model that is the same but for its weights and biases.
 *
 * parameters, parameters_len: all of them, as chainrule_model_parameters_f32() gives them. changed: where the handle of the new model
 * goes; the old one stays.
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT for another length, CHAINRULE_ERROR_DATA for NaN and infinity, CHAINRULE_ERROR_MEMORY. Any thread.
 */
enum ChainruleStatus chainrule_model_with_parameters_f32(const struct ChainruleModel *model,
                                                         const float *parameters,
                                                         size_t parameters_len,
                                                         struct ChainruleModel **changed);

/**
 * As chainrule_model_with_parameters_f32(), of numbers in double: exact for a model in double, rounded otherwise.
 *
 * Errors: as chainrule_model_with_parameters_f32(), and CHAINRULE_ERROR_DATA for a number that a float does not hold. Any thread.
 */
enum ChainruleStatus chainrule_model_with_parameters_f64(const struct ChainruleModel *model,
                                                         const double *parameters,
                                                         size_t parameters_len,
                                                         struct ChainruleModel **changed);

/**
 * Predicts rows of float.
 *
 * flags: CHAINRULE_VALUES, CHAINRULE_RAW or CHAINRULE_PROBABILITIES; | CHAINRULE_PREPARED where x has the network's own inputs.
 * x, x_len: the rows, (rows, columns) row-major, as they come from their source: the model preprocesses them. NaN is a missing
 * value, for a model of a table that knows how to fill it. In a column of categories a number stands for the category of that
 * name, in one of yes or no 1 and 0; names are for chainrule_predict_texts().
 * y, y_len: where the outputs go, (rows, outputs) row-major; y_len is rows * outputs. y may be x.
 *
 * Numbers are converted to the model's element type and back; nothing of them is lost where both are the same. The outputs are
 * the same bits however many rows there are and whatever thread asks. 32 rows and more, or fewer of a large network, are shared by
 * the threads of the process, which the first such call starts; a single row of a small network stays on the calling thread.
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT for lengths, CHAINRULE_ERROR_DATA for a row that cannot be taken, CHAINRULE_ERROR_NOT_FINITE for
 * an output that overflows, CHAINRULE_ERROR_UNSUPPORTED for probabilities of a model that has none, CHAINRULE_ERROR_MEMORY; where
 * threads are needed CHAINRULE_ERROR_THREADS if the system has none to give, or if they are those of a process that this one was
 * forked from. Any thread, with one handle.
 */
enum ChainruleStatus chainrule_predict_f32(const struct ChainruleModel *model,
                                           uint32_t flags,
                                           const float *x,
                                           size_t x_len,
                                           float *y,
                                           size_t y_len);

/**
 * As chainrule_predict_f32(), of rows of double. Values that a model of floats brings back to their own unit are computed in double.
 */
enum ChainruleStatus chainrule_predict_f64(const struct ChainruleModel *model,
                                           uint32_t flags,
                                           const double *x,
                                           size_t x_len,
                                           double *y,
                                           size_t y_len);

/**
 * Predicts the class of each row of float: the one with the largest output; of a question of yes or no 1 if yes is likelier.
 *
 * flags: 0 or CHAINRULE_PREPARED. x, x_len: as chainrule_predict_f32(). classes, classes_len: where they go, (rows), counted
 * from 0; chainrule_model_class_name() has their names.
 *
 * Errors: as chainrule_predict_f32(); CHAINRULE_ERROR_UNSUPPORTED for a model of values or of several questions. Any thread.
 */
enum ChainruleStatus chainrule_predict_classes_f32(const struct ChainruleModel *model,
                                                   uint32_t flags,
                                                   const float *x,
                                                   size_t x_len,
                                                   uint32_t *classes,
                                                   size_t classes_len);

/**
 * As chainrule_predict_classes_f32(), of rows of double.
 */
enum ChainruleStatus chainrule_predict_classes_f64(const struct ChainruleModel *model,
                                                   uint32_t flags,
                                                   const double *x,
                                                   size_t x_len,
                                                   uint32_t *classes,
                                                   size_t classes_len);

/**
 * Predicts rows of texts, as the cells of a text file: for a model of a table with categories, or of what comes as text anyway.
 *
 * flags: CHAINRULE_VALUES, CHAINRULE_RAW or CHAINRULE_PROBABILITIES.
 * cells, cells_len: the rows, (rows, columns) row-major, in UTF-8, none of them NULL. Numbers have a decimal point; categories their
 * names, as chainrule_model_category_name() has them; "", "NA", "NaN", "null" and "?" are missing values. Blanks around do not
 * count.
 * y, y_len: where the outputs go, (rows, outputs) row-major; y_len is rows * outputs.
 *
 * Errors: as chainrule_predict_f32(); CHAINRULE_ERROR_DATA for a category that training did not see, unless the model takes those.
 * Any thread, with one handle.
 */
enum ChainruleStatus chainrule_predict_texts(const struct ChainruleModel *model,
                                             uint32_t flags,
                                             const char *const *cells,
                                             size_t cells_len,
                                             double *y,
                                             size_t y_len);

/**
 * Predicts the class of each row of texts.
 *
 * cells, cells_len: as chainrule_predict_texts(). classes, classes_len: as chainrule_predict_classes_f32().
 *
 * Errors: as both. Any thread, with one handle.
 */
enum ChainruleStatus chainrule_predict_classes_texts(const struct ChainruleModel *model,
                                                     const char *const *cells,
                                                     size_t cells_len,
                                                     uint32_t *classes,
                                                     size_t classes_len);

/**
 * Sets the defaults of training.
 *
 * options: where they go. options_size: sizeof(ChainruleTrainOptions).
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT for another size: the header is of another version than the library. Any thread.
 */
enum ChainruleStatus chainrule_train_options_init(struct ChainruleTrainOptions *options, size_t options_size);

/**
 * Trains a copy of a model on rows of float; the model itself stays as it is.
 *
 * start: a new model, or one to go on with. train: the rows and their targets. validation: rows that are evaluated after each epoch;
 * or NULL. options: or NULL, the defaults. trained: where the handle of the trained model goes, to be freed by
 * chainrule_model_free(). report: or NULL.
 *
 * The same start, rows and options give the same bits on one kind of processor, on any number of threads. Rows are copied into the
 * model's element type. Targets that are values are learned as they are: scale large ones before.
 *
 * Errors: CHAINRULE_ERROR_DATA for rows or targets that do not fit, CHAINRULE_ERROR_NOT_FINITE where the loss or the weights
 * overflow (a smaller learning rate, or preprocess = "standardize"), CHAINRULE_ERROR_ARGUMENT for an option, CHAINRULE_ERROR_MEMORY,
 * CHAINRULE_ERROR_THREADS where threads cannot be started or are those of a process that this one was forked from: with
 * options->threads above 0, a run starts its own. Any thread; several may train at once.
 */
enum ChainruleStatus chainrule_train_f32(const struct ChainruleModel *start,
                                         const struct ChainruleDataF32 *train,
                                         const struct ChainruleDataF32 *validation,
                                         const struct ChainruleTrainOptions *options,
                                         struct ChainruleModel **trained,
                                         struct ChainruleTrainReport *report);

/**
 * As chainrule_train_f32(), on rows of double.
 */
enum ChainruleStatus chainrule_train_f64(const struct ChainruleModel *start,
                                         const struct ChainruleDataF64 *train,
                                         const struct ChainruleDataF64 *validation,
                                         const struct ChainruleTrainOptions *options,
                                         struct ChainruleModel **trained,
                                         struct ChainruleTrainReport *report);

/**
 * How good a model is on rows of float whose targets are known. Set evaluation->size to sizeof(ChainruleEvaluation) before.
 *
 * Errors: as chainrule_train_f32(). Any thread, with one handle.
 */
enum ChainruleStatus chainrule_evaluate_f32(const struct ChainruleModel *model,
                                            const struct ChainruleDataF32 *data,
                                            struct ChainruleEvaluation *evaluation);

/**
 * As chainrule_evaluate_f32(), on rows of double.
 */
enum ChainruleStatus chainrule_evaluate_f64(const struct ChainruleModel *model,
                                            const struct ChainruleDataF64 *data,
                                            struct ChainruleEvaluation *evaluation);

/**
 * Makes a trainer that begins with a copy of a model, for a loss of the caller's own: chainrule_trainer_forward_f32() gives the
 * outputs, chainrule_trainer_step_f32() takes the gradient of the loss by them.
 *
 * options: the optimizer and clip_norm count, the rest is for chainrule_train_f32(); or NULL, the defaults. max_rows: the most rows
 * of a pass. trainer: where the handle goes, to be freed by chainrule_trainer_free().
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT for an option that counts, CHAINRULE_ERROR_MEMORY, CHAINRULE_ERROR_UNSUPPORTED for "lbfgs",
 * preprocess, a schedule, and accumulate above 1, CHAINRULE_ERROR_THREADS as chainrule_predict_f32(). Any thread.
 */
enum ChainruleStatus chainrule_trainer_create(const struct ChainruleModel *model,
                                              const struct ChainruleTrainOptions *options,
                                              size_t max_rows,
                                              struct ChainruleTrainer **trainer);

/**
 * Frees a trainer; NULL is none.
 *
 * Errors: CHAINRULE_ERROR_HANDLE where it was freed before, or never was a trainer. Any thread; a call of another thread that uses
 * it goes on to its end.
 */
enum ChainruleStatus chainrule_trainer_free(struct ChainruleTrainer *trainer);

/**
 * A forward pass of training: dropout drops units, batch normalisation uses the statistics of these rows.
 *
 * flags: 0 or CHAINRULE_PREPARED. x, x_len: the rows, as chainrule_predict_f32(), at most max_rows of them. z, z_len: where the
 * outputs of the network go, (rows, outputs) row-major, as CHAINRULE_RAW has them.
 *
 * Errors: as chainrule_predict_f32(), and CHAINRULE_ERROR_ARGUMENT for more rows than max_rows; there is no pass for a step then.
 * CHAINRULE_ERROR_NOT_FINITE also for an output in double that a float does not hold. The trainer's threads are the process's.
 * One thread at a time.
 */
enum ChainruleStatus chainrule_trainer_forward_f32(struct ChainruleTrainer *trainer,
                                                   uint32_t flags,
                                                   const float *x,
                                                   size_t x_len,
                                                   float *z,
                                                   size_t z_len);

/**
 * As chainrule_trainer_forward_f32(), of rows of double.
 */
enum ChainruleStatus chainrule_trainer_forward_f64(struct ChainruleTrainer *trainer,
                                                   uint32_t flags,
                                                   const double *x,
                                                   size_t x_len,
                                                   double *z,
                                                   size_t z_len);

/**
 * A step by the optimizer, with the gradients that follow from dz and the rows of the last forward pass, which is used up: the next
 * step needs a new one.
 *
 * dz, dz_len: the gradient of the loss by each output that the pass gave, (rows, outputs) row-major. Of a mean over the rows it is
 * divided by their number.
 *
 * Errors: CHAINRULE_ERROR_ARGUMENT without a pass or with another length, CHAINRULE_ERROR_DATA for NaN and infinity; the weights are
 * as they were then. CHAINRULE_ERROR_THREADS in a process that was forked since. One thread at a time.
 */
enum ChainruleStatus chainrule_trainer_step_f32(struct ChainruleTrainer *trainer,
                                                const float *dz,
                                                size_t dz_len);

/**
 * As chainrule_trainer_step_f32(), with a gradient in double.
 */
enum ChainruleStatus chainrule_trainer_step_f64(struct ChainruleTrainer *trainer, const double *dz, size_t dz_len);

/**
 * Sets the learning rate of the steps that come, for a schedule of the caller's own.
 *
 * rate: above 0 and finite. One thread at a time.
 */
enum ChainruleStatus chainrule_trainer_set_learning_rate(struct ChainruleTrainer *trainer, double rate);

/**
 * A model with the weights as they are now, to predict with or to save; the trainer goes on with its own.
 *
 * model: where the handle goes, to be freed by chainrule_model_free(). One thread at a time.
 */
enum ChainruleStatus chainrule_trainer_model(const struct ChainruleTrainer *trainer, struct ChainruleModel **model);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* CHAINRULE_H */
