/* Loads a model and predicts the rows of a text file: the class of each, or its values.
 *
 *     predict MODEL ROWS.csv
 *
 * Rows have the model's columns in their order, with commas between them and no quotes; a first line that names the columns is
 * passed over. */

#include <chainrule.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(ChainruleStatus status)
{
    if (status != CHAINRULE_OK) {
        fprintf(stderr, "%s: %s\n", chainrule_status_name((int32_t)status), chainrule_last_error());
        exit(1);
    }
}

/* Cuts a line into its cells; returns how many there are, and keeps those that there is room for. */
static size_t cells_of(char *line, const char **cells, size_t room)
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (;;) {
        char *comma = strchr(line, ',');
        if (comma != NULL)
            *comma = '\0';
        if (count < room)
            cells[count] = line;
        count++;
        if (comma == NULL)
            return count;
        line = comma + 1;
    }
}

/* Whether the cells are the names of the columns. */
static int is_header(const ChainruleModel *model, const char **cells, size_t columns)
{
    size_t i;
    for (i = 0; i < columns; i++) {
        const char *name;
        if (chainrule_model_column_name(model, i, &name) != CHAINRULE_OK || strcmp(name, cells[i]) != 0)
            return 0;
    }
    return 1;
}

static void predict(const ChainruleModel *model, const ChainruleModelInfo *info, const char **cells, double *y)
{
    int has_classes = info->task == CHAINRULE_TASK_CLASSIFICATION || info->task == CHAINRULE_TASK_BINARY;
    size_t i;
    if (has_classes) {
        uint32_t class_of_row;
        const char *name;
        check(chainrule_predict_classes_texts(model, cells, info->columns, &class_of_row, 1));
        if (chainrule_model_class_name(model, class_of_row, &name) == CHAINRULE_OK)
            printf("%s\n", name);
        else
            printf("%lu\n", (unsigned long)class_of_row);
        return;
    }
    check(chainrule_predict_texts(model, CHAINRULE_VALUES, cells, info->columns, y, info->outputs));
    for (i = 0; i < info->outputs; i++)
        printf("%s%.9g", i == 0 ? "" : ",", y[i]);
    printf("\n");
}

int main(int argc, char **argv)
{
    static char line[65536];
    unsigned long number = 0;
    ChainruleModel *model = NULL;
    ChainruleModelInfo info;
    const char **cells;
    double *y;
    FILE *rows;

    if (argc != 3) {
        fprintf(stderr, "usage: predict MODEL ROWS.csv\n");
        return 2;
    }
    check(chainrule_model_load(argv[1], &model));
    info.size = sizeof info;
    check(chainrule_model_info(model, &info));
    rows = fopen(argv[2], "r");
    cells = malloc(info.columns * sizeof *cells);
    y = malloc(info.outputs * sizeof *y);
    if (rows == NULL || cells == NULL || y == NULL) {
        fprintf(stderr, "cannot read %s\n", argv[2]);
        return 1;
    }
    while (fgets(line, sizeof line, rows) != NULL) {
        size_t count = cells_of(line, cells, info.columns);
        number++;
        if (count != info.columns) {
            fprintf(stderr, "%s, line %lu: %lu cells, expected %lu\n", argv[2], number, (unsigned long)count,
                    (unsigned long)info.columns);
            return 1;
        }
        if (number > 1 || !is_header(model, cells, count))
            predict(model, &info, cells, y);
    }
    fclose(rows);
    free(y);
    free(cells);
    check(chainrule_model_free(model));
    return 0;
}
