/* Trains by a loss of its own: the 0.9-quantile of what lies at each x, by the pinball loss.
 *
 * You see the two halves of a step: a forward pass that gives outputs, and a step against the gradient of the loss by them. */

#include <chainrule.h>

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 500, STEPS = 3000 };

static void check(ChainruleStatus status)
{
    if (status != CHAINRULE_OK) {
        fprintf(stderr, "%s: %s\n", chainrule_status_name((int32_t)status), chainrule_last_error());
        exit(1);
    }
}

int main(void)
{
    static double x[ROWS], t[ROWS], z[ROWS], dz[ROWS];
    ChainruleModel *network = NULL, *model = NULL;
    ChainruleTrainer *trainer = NULL;
    ChainruleTrainOptions options;
    uint32_t seed = 7;
    size_t i, step, below = 0;
    double loss = 0.0;

    for (i = 0; i < ROWS; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (double)i / ROWS;
        t[i] = 3.0 * x[i] + (1.0 + x[i]) * (double)(seed >> 8) / 16777216.0; /* wider to the right */
    }
    check(chainrule_train_options_init(&options, sizeof options));
    options.optimizer = "adam:lr=0.01";
    check(chainrule_model_create("1-16-1 tanh", "mae", CHAINRULE_F64, 3, &network));
    check(chainrule_trainer_create(network, &options, ROWS, &trainer));
    for (step = 0; step < STEPS; step++) {
        if (step == STEPS / 2)
            check(chainrule_trainer_set_learning_rate(trainer, 0.001));
        check(chainrule_trainer_forward_f64(trainer, 0, x, ROWS, z, ROWS));
        loss = 0.0;
        for (i = 0; i < ROWS; i++) {
            double error = t[i] - z[i];
            loss += (error > 0.0 ? 0.9 * error : -0.1 * error) / ROWS;
            dz[i] = (error > 0.0 ? -0.9 : 0.1) / ROWS;
        }
        check(chainrule_trainer_step_f64(trainer, dz, ROWS));
        if (step % 500 == 0)
            printf("step %4lu: loss %.5f\n", (unsigned long)step, loss);
    }
    check(chainrule_trainer_model(trainer, &model));
    check(chainrule_predict_f64(model, CHAINRULE_VALUES, x, ROWS, z, ROWS));
    for (i = 0; i < ROWS; i++)
        below += t[i] < z[i];
    printf("%.1f %% of the points lie below their 0.9-quantile\n", 100.0 * (double)below / ROWS);
    check(chainrule_model_free(model));
    check(chainrule_trainer_free(trainer));
    check(chainrule_model_free(network));
    return below > 0.87 * ROWS && below < 0.93 * ROWS ? 0 : 1;
}
