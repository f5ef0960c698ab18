// Threads that use a handle while another one frees it, and two threads at one trainer: each call is done, or refused by its
// status; nothing else happens.

#include "expect.h"

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace {

void a_model_is_freed_while_others_predict()
{
    for (int round = 0; round < 20; round++) {
        ChainruleModel *model = nullptr;
        DONE(chainrule_model_create("8-16-4 relu", "mse", CHAINRULE_F32, 1, &model));
        std::atomic<int> freed(0), refused(0), done(0), odd(0);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; thread++)
            threads.emplace_back([&] {
                const float x[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
                float y[4];
                for (int call = 0; call < 100000; call++) {
                    const ChainruleStatus status = chainrule_predict_f32(model, CHAINRULE_VALUES, x, 8, y, 4);
                    if (status == CHAINRULE_ERROR_HANDLE) {
                        refused++;
                        break;
                    }
                    odd += status != CHAINRULE_OK;
                    if (++done == 50)
                        freed += chainrule_model_free(model) == CHAINRULE_OK;
                }
            });
        for (std::thread &thread : threads)
            thread.join();
        EXPECT(freed == 1 && refused == 4 && odd == 0 && done >= 50);
    }
}

void a_trainer_takes_one_thread_at_a_time()
{
    const std::size_t rows = 64;
    ChainruleModel *model = nullptr;
    ChainruleTrainer *trainer = nullptr;
    DONE(chainrule_model_create("32-256-256-1 relu", "mse", CHAINRULE_F32, 1, &model));
    DONE(chainrule_trainer_create(model, nullptr, rows, &trainer));
    std::atomic<int> done(0), busy(0), odd(0);
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 2; thread++)
        threads.emplace_back([&] {
            std::vector<float> x(rows * 32, 0.5f), z(rows);
            for (int call = 0; call < 20000 && (busy == 0 || done < 20); call++) {
                const ChainruleStatus status =
                    chainrule_trainer_forward_f32(trainer, 0, x.data(), x.size(), z.data(), z.size());
                done += status == CHAINRULE_OK;
                busy += status == CHAINRULE_ERROR_BUSY;
                odd += status != CHAINRULE_OK && status != CHAINRULE_ERROR_BUSY;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT(done > 0 && busy > 0 && odd == 0);
    DONE(chainrule_trainer_free(trainer));
    DONE(chainrule_model_free(model));
}

void a_text_is_of_its_own_thread()
{
    ChainruleModel *model = nullptr;
    REFUSED(chainrule_model_create("1-0", "mse", CHAINRULE_F32, 1, &model), CHAINRULE_ERROR_ARGUMENT, "width 0");
    std::thread([] { EXPECT(std::strcmp(chainrule_last_error(), "") == 0); }).join();
    EXPECT(std::strstr(chainrule_last_error(), "width 0") != nullptr);
}

} // namespace

int main()
{
    a_model_is_freed_while_others_predict();
    a_trainer_takes_one_thread_at_a_time();
    a_text_is_of_its_own_thread();
    return finish("races");
}
