//! The functions of a C source that compute layers, in the notation of `c_functions.rs`.

/// Their names and texts.
pub(super) const LAYERS: [(&str, &str); 6] = [
    (
        "sum",
        "\
/* The sum of n products: of a layer's only output, where it is long, in sixteen chains, as the model adds them up, otherwise in one. */
static @real @sum(const @real *x, const @weight *w, int n, int is_only)
{
    @real sum[16] = {0};
    int i, half;
    for (i = 0; i < n; i++) {
        @real *chain = &sum[is_only ? i % 16 : 0];
        *chain = @fma(x[i], (@real)w[i], *chain);
    }
    for (half = 8; half > 0 && is_only; half /= 2)
        for (i = 0; i < half; i++)
            sum[i] += sum[i + half];
    return sum[0];
}
",
    ),
    (
        "dense",
        "\
/* z = w x + b, w of (outputs, inputs). */
static void @dense(const struct @layer *layer, const @real *x, @real *z)
{
    int o;
    for (o = 0; o < layer->outputs; o++) {
        @real sum = @sum(x, layer->w + (size_t)o * (size_t)layer->inputs, layer->inputs,
                         layer->outputs == 1 && layer->inputs >= 64);
        z[o] = SCALED + layer->b[o];
    }
}
",
    ),
    (
        "softmax",
        "\
static void @softmax(@real *z, int n)
{
    @real top = z[0], sum = #0.0;
    int i;
    for (i = 1; i < n; i++)
        top = z[i] > top ? z[i] : top;
    for (i = 0; i < n; i++) {
        z[i] = @exp(z[i] - top);
        sum += z[i];
    }
    for (i = 0; i < n; i++)
        z[i] /= sum;
}
",
    ),
    (
        "log_softmax",
        "\
static void @log_softmax(@real *z, int n)
{
    @real top = z[0], ln_sum;
    double sum = 0.0;
    int i;
    for (i = 1; i < n; i++)
        top = z[i] > top ? z[i] : top;
    for (i = 0; i < n; i++) {
        z[i] -= top;
        sum += @exp(z[i]);
    }
    ln_sum = (@real)@ln(sum);
    for (i = 0; i < n; i++)
        z[i] -= ln_sum;
}
",
    ),
    (
        "layer_norm",
        "\
/* gamma (z - mean) / sqrt(variance + eps) + beta. */
static void @layer_norm(const @real *gamma, const @real *beta, double eps, @real *z, int n)
{
    double mean = 0.0, variance = 0.0, scale;
    int i;
    for (i = 0; i < n; i++)
        mean += z[i];
    mean /= n;
    for (i = 0; i < n; i++)
        variance += (z[i] - mean) * (z[i] - mean);
    scale = 1.0 / @root(variance / n + eps);
    for (i = 0; i < n; i++)
        z[i] = (@real)((z[i] - mean) * scale * gamma[i] + beta[i]);
}
",
    ),
    (
        "batch_norm",
        "\
/* gamma (z - mean) scale + beta, scale being 1 / sqrt(variance + eps). */
static void @batch_norm(const @real *mean, const double *scale, const @real *gamma, const @real *beta, @real *z, int n)
{
    int i;
    for (i = 0; i < n; i++)
        z[i] = (@real)((z[i] - (double)mean[i]) * scale[i] * gamma[i] + beta[i]);
}
",
    ),
];
