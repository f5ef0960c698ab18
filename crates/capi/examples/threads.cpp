// One model, many threads: each predicts rows, alone and many at once, and gets the bits that one thread alone gets.
//
// You see a handle that frees itself, and a status that becomes an exception.

#include <chainrule.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

const std::size_t THREADS = 8, ROWS = 400, INPUTS = 20, OUTPUTS = 3;

void check(ChainruleStatus status)
{
    if (status != CHAINRULE_OK)
        throw std::runtime_error(chainrule_last_error());
}

struct Free {
    void operator()(ChainruleModel *model) const { chainrule_model_free(model); }
};
typedef std::unique_ptr<ChainruleModel, Free> Model;

Model create(const std::string &network)
{
    ChainruleModel *model = nullptr;
    check(chainrule_model_create(network.c_str(), "cross-entropy", CHAINRULE_F32, 42, &model));
    return Model(model);
}

std::vector<float> predict(const Model &model, const float *x, std::size_t rows)
{
    std::vector<float> y(rows * OUTPUTS);
    check(chainrule_predict_f32(model.get(), CHAINRULE_PROBABILITIES, x, rows * INPUTS, y.data(), y.size()));
    return y;
}

} // namespace

int main()
{
    try {
        const Model model = create("20-64-32-3 relu");
        std::vector<float> x(ROWS * INPUTS);
        for (std::size_t i = 0; i < x.size(); i++)
            x[i] = static_cast<float>(i * 7919 % 1009) / 256.0f - 2.0f;
        const std::vector<float> alone = predict(model, x.data(), ROWS);

        std::vector<std::size_t> wrong(THREADS, 0);
        std::vector<std::thread> threads;
        for (std::size_t thread = 0; thread < THREADS; thread++)
            threads.emplace_back([&, thread] {
                // An exception must not leave a thread.
                try {
                    for (std::size_t row = thread; row < ROWS; row += THREADS) {
                        const std::vector<float> y = predict(model, &x[row * INPUTS], 1);
                        wrong[thread] += std::memcmp(y.data(), &alone[row * OUTPUTS], sizeof(float) * OUTPUTS) != 0;
                    }
                    wrong[thread] += predict(model, x.data(), ROWS) != alone;
                } catch (const std::exception &error) {
                    std::fprintf(stderr, "%s\n", error.what());
                    wrong[thread]++;
                }
            });
        std::size_t all = 0;
        for (std::size_t thread = 0; thread < THREADS; thread++) {
            threads[thread].join();
            all += wrong[thread];
        }
        std::printf("%lu threads, %lu rows: %lu differ\n", static_cast<unsigned long>(THREADS),
                    static_cast<unsigned long>(ROWS), static_cast<unsigned long>(all));
        return all == 0 ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
