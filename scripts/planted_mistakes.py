"""The mistakes that scripts/planted-mistakes plants: one exact piece of text in one file, replaced by another."""

PLAN = "crates/dense/src/plan.rs"
ACTIVATION = "crates/kernel/src/elementwise/activation.rs"
NORMAL = "crates/kernel/src/math/normal.rs"
EXP = "crates/kernel/src/math/exp.rs"
UPDATE = "crates/kernel/src/elementwise/optimizer.rs"
OPTIMIZER = "crates/model/src/optimizer/kind.rs"
SCHEDULE = "crates/model/src/schedule/kind.rs"
RATES = "crates/model/src/schedule/rates.rs"
LBFGS = "crates/model/src/lbfgs/minimisation.rs"
ACCUMULATION = "crates/model/src/accumulation.rs"
DECAY = "crates/model/src/decay.rs"
EARLY = "crates/chainrule/src/train/early_stopping.rs"
RANKING = "crates/model/src/metrics/ranking.rs"
CALIBRATION = "crates/model/src/metrics/calibration.rs"
INTERVAL = "crates/model/src/metrics/interval.rs"
BASELINE = "crates/model/src/metrics/baseline.rs"
REGRESSION = "crates/model/src/metrics/regression.rs"
OUTPUTS = "crates/chainrule/src/train/assess/outputs.rs"
YES_OR_NO = "crates/chainrule/src/train/assess/yes_or_no.rs"
CLASSES = "crates/chainrule/src/train/assess/classes.rs"
STEP = "crates/dense/src/step.rs"
FUSED_UPDATE = "crates/dense/src/fused_update.rs"
DENSE_ACTIVATION = "crates/dense/src/activation.rs"
CLIP = "crates/dense/src/clip.rs"
CROSS_ENTROPY = "crates/model/src/loss/cross_entropy.rs"
BINARY = "crates/model/src/loss/binary_cross_entropy.rs"
LOSS = "crates/model/src/loss/evaluation.rs"
ERRORS = "crates/model/src/loss/errors.rs"
OBJECTIVE = "crates/model/src/loss/objective.rs"
SOFTMAX = "crates/model/src/softmax.rs"
PASS = "crates/model/src/pass.rs"
MODEL_STEP = "crates/model/src/step.rs"
LAYER_OP = "crates/model/src/layer/layer_op.rs"
DENSE = "crates/model/src/layer/dense.rs"
LONE_ACTIVATION = "crates/model/src/layer/activation.rs"
OPTIMIZER_STATE = "crates/model/src/optimizer_state.rs"
MODEL_UPDATE = "crates/model/src/update.rs"
DROPOUT = "crates/model/src/layer/dropout.rs"
LAYER_NORM = "crates/model/src/layer/layer_norm.rs"
BATCH_NORM = "crates/model/src/layer/batch_norm.rs"
MICRO = "crates/kernel/src/gemm/tile/micro_kernel.rs"
BLOCKING = "crates/kernel/src/gemm/loops/blocked.rs"
ROWS_OF_A = "crates/kernel/src/simd/rows_of_a.rs"
PACKING_PLAN = "crates/kernel/src/gemm/loops/packing_plan.rs"
PANELS = "crates/kernel/src/gemm/pack/panels.rs"
TAILED = "crates/kernel/src/gemm/tile/micro_kernel_tail.rs"
GEMV = "crates/kernel/src/gemm/level2/gemv.rs"
OUTER = "crates/kernel/src/gemm/level2/ger.rs"
DOTS = "crates/kernel/src/gemm/level2/dot.rs"
RUN = "crates/kernel/src/gemm/run.rs"
PARTITION = "crates/dense/src/partition.rs"
TURNED = "crates/kernel/src/gemm/level2/skinny.rs"
BLOCK = "crates/kernel/src/gemm/loops/macro_kernel.rs"
PROBLEM = "crates/kernel/src/gemm/problem.rs"
NARROW_PANELS = "crates/kernel/src/narrow/panels.rs"
NARROW_ROW = "crates/kernel/src/narrow/row.rs"
AVX2_WIDEN = "crates/kernel/src/simd/avx2/widen.rs"
REPORT_CLASSES = "crates/chainrule/src/report/classes.rs"
NARROW_FORMAT = "crates/kernel/src/narrow/format.rs"
AVX2_STEPS = "crates/kernel/src/simd/avx2/steps.rs"

# Name, file, text, replacement. Those of one crate stand together: less is built anew.
MISTAKES = [
    ("cross-entropy: labels miss 1/batch", CROSS_ENTROPY, "*p = *p / sum / n);", "*p = *p / sum);"),
    ("cross-entropy: label one off", CROSS_ENTROPY, "dz[label] -= T::ONE / n;", "dz[(label + 1) % classes] -= T::ONE / n;"),
    (
        "cross-entropy: probabilities not normalised",
        CROSS_ENTROPY,
        "(*p / sum * mass - t) / n",
        "(*p * mass - t) / n",
    ),
    (
        "cross-entropy: targets taken to sum to 1",
        CROSS_ENTROPY,
        "(*p / sum * mass - t) / n",
        "(*p / sum - t) / n",
    ),
    (
        "weighted cross-entropy: weights of classes left out of the gradient's softmax",
        CROSS_ENTROPY,
        "(p.to_f64() / sum * mass - t)",
        "(p.to_f64() / sum - t)",
    ),
    (
        "weighted cross-entropy: smoothing spread over the other classes alone",
        CROSS_ENTROPY,
        "objective.smoothing / classes as f64",
        "objective.smoothing / (classes as f64 - 1.0)",
    ),
    (
        "weighted cross-entropy: the gradient misses the row's weight",
        CROSS_ENTROPY,
        "(row_weight / divisor));",
        "(1.0 / divisor));",
    ),
    (
        "weighted cross-entropy: the mean divides by the rows' weights alone",
        OBJECTIVE,
        "row(i) * class(label).to_f64()",
        "row(i) * class(label).to_f64().signum()",
    ),
    (
        "binary cross-entropy: the positive's weight on both sides",
        BINARY,
        "let against = 1.0 - t;",
        "let against = (1.0 - t) * objective.outputs.map_or(1.0, |weights| weights[j].to_f64());",
    ),
    ("binary cross-entropy: sign of the logit ignored", BINARY, "if z > 0.0 {", "if z < f64::INFINITY {"),
    (
        "binary cross-entropy: the gradient as 1 minus the sigmoid",
        BINARY,
        "towards * no) * factor",
        "towards * (1.0 - yes)) * factor",
    ),
    ("binary cross-entropy: mean over rows, not elements", BINARY, "row_weight / elements;", "row_weight * width as f64 / elements;"),
    ("mse: factor 2 missing", LOSS, "errors::squared(objective, output, targets, 2.0, dy)", "errors::squared(objective, output, targets, 1.0, dy)"),
    ("mse: mean over rows, not elements", OBJECTIVE, "self.mass(targets) * width as f64", "self.mass(targets)"),
    ("mse: gradient points uphill for the target", ERRORS, "dy[j] = factor * slope;", "dy[j] = -(factor * slope);"),
    ("errors: the gradient misses the row's weight", ERRORS, "factor * weights[i].to_f64() / elements", "factor / elements"),
    ("mae: slope 1 at 0", ERRORS, "error // 0, or NaN", "T::ONE"),
    ("huber: not flat beyond delta", ERRORS, "{ limit } else { -limit }", "{ error } else { error }"),
    ("huber: slope delta below it too", ERRORS, "(0.5 * size * size, error)", "(0.5 * size * size, limit * error)"),
    ("own loss: what it leaves unwritten is the last gradient", PASS, "dy.fill(T::ZERO);", "let _ = &dy;"),
    ("softmax: dot product missing", SOFTMAX, "*d = a * (*d - dot)", "*d = a * (*d - dot * T::ZERO)"),
    ("softmax: sign of the dot product", SOFTMAX, "*d = a * (*d - dot)", "*d = a * (*d + dot)"),
    (
        "network: a lone activation has slope 1",
        LONE_ACTIVATION,
        "activation::derivative(kernel, *self, of, MatMut::new(&mut da[..n], batch, width));",
        "let _ = of;",
    ),
    (
        "dropout: gradients pass units that were left out",
        DROPOUT,
        "*da = if kept == 1 { *da * factor } else { T::ZERO });",
        "*da = if kept < 2 { *da * factor } else { T::ZERO });",
    ),
    ("dropout: what stays is not scaled up", DROPOUT, "*a = if kept == 1 { *a * factor }", "*a = if kept == 1 { *a }"),
    ("dropout: every step leaves out the same units", PASS, "self.passes += 1;", "self.passes += 0;"),
    ("layer norm: the mean does not depend on x", LAYER_NORM, "(da.to_f64() - mean_g - h(x)", "(da.to_f64() - h(x)"),
    ("layer norm: the variance does not depend on x", LAYER_NORM, " - h(x) * mean_gh)", " - h(x) * mean_gh * 0.0)"),
    ("layer norm: the gradient forgets gamma", LAYER_NORM, "|(dy, &gamma)| *dy *= gamma", "|(dy, _)| *dy *= T::ONE"),
    ("layer norm: dgamma by x as it was", LAYER_NORM, "dy.to_f64() * h(x);", "dy.to_f64() * x.to_f64();"),
    ("batch norm: statistics do not depend on x", BATCH_NORM, "if is_training { 1.0 / n } else", "if n < 0.0 { 1.0 / n } else"),
    ("batch norm: evaluation differentiated as training", BATCH_NORM, "if is_training { 1.0 / n }", "if n > 0.0 { 1.0 / n }"),
    ("batch norm: the variance does not depend on x", BATCH_NORM, "(by_beta + h * by_gamma) * share", "by_beta * share"),
    ("batch norm: dgamma by x as it was", BATCH_NORM, "dy.to_f64() * ((x.to_f64() - mean) * scale)", "dy.to_f64() * x.to_f64()"),
    ("batch norm: the running variance is biased", BATCH_NORM, "variance * unbiased)", "variance * unbiased.min(1.0))"),
    ("step: gamma and beta stay where they are", LAYER_OP, "if let Weights::Moved { params, steps: Steps { biases, .. }, state } = self {", "if let (Weights::Moved { params, steps: Steps { biases, .. }, state }, true) = (self, learned.is_empty()) {"),
    ("adagrad: the sum is this gradient's", UPDATE, "let sum = *s + g * g;", "let sum = g * g;"),
    ("adagrad: the sum starts at 0 whatever is said", OPTIMIZER, "Optimizer::AdaGrad { initial, .. } => initial,", "Optimizer::AdaGrad { .. } => 0.0,"),
    ("adagrad: the rate decays a step too soon", OPTIMIZER, "(t - 1) as f64 * lr_decay", "t as f64 * lr_decay"),
    ("l1: draws away from 0", STEP, "*g = dw + self.l1 * sign(w);", "*g = dw - self.l1 * sign(w);"),
    ("l1: by the parameter, not its sign", STEP, "*g = dw + self.l1 * sign(w);", "*g = dw + self.l1 * w;"),
    ("decay: biases decay as the weights do", MODEL_UPDATE, "biases: biases.step(optimizer, t)", "biases: weights.step(optimizer, t)"),
    ("decoupled decay: without the learning rate", DECAY, "1.0 - optimizer.lr() * self.decoupled", "1.0 - self.decoupled"),
    ("l2 of a group: forgotten", DECAY, "optimizer.rule_with(t, self.l2)", "optimizer.rule_with(t, 0.0)"),
    ("schedule step: in steps, not epochs", SCHEDULE, "power(factor, epoch / every.max(1))", "power(factor, step / every.max(1))"),
    ("schedule exponential: linear", SCHEDULE, "lr * power(factor, epoch),", "lr * factor * epoch as f64,"),
    ("schedule cosine: a whole turn", SCHEDULE, "(1.0 + cos_pi(share)) / 2.0", "(1.0 + cos_pi(2.0 * share)) / 2.0"),
    ("schedule restarts: every cycle as long as the first", SCHEDULE, "length = length.saturating_mul(times.max(1));", "let _ = times;"),
    ("schedule one-cycle: the peak a step late", SCHEDULE, "rise * total - 1.0);", "rise * total);"),
    ("schedule one-cycle: ends where it began", SCHEDULE, "along_cosine(lr, first / end,", "along_cosine(lr, first + 0.0 * end,"),
    ("schedule plateau: patience ends an epoch early", RATES, "if self.bad > patience {", "if self.bad >= patience {"),
    ("schedule plateau: no cooldown", RATES, "(self.cooling, self.bad) = (cooldown, 0);", "(self.cooling, self.bad) = (0 * cooldown, 0);"),
    ("schedule warm-up: begins at 0", SCHEDULE, "self.start + (1.0 - self.start) * (step", "0.0 * self.start + (step"),
    ("lbfgs: the memory has the wrong sign", LBFGS, "*q += (alpha - beta) * s", "*q -= (alpha - beta) * s"),
    ("lbfgs: the oldest pair scales", LBFGS, "self.pairs.back()", "self.pairs.front()"),
    ("accumulation: shares are forgotten", ACCUMULATION, "workspace.gradients(), share);", "workspace.gradients(), 0.0 * share + 1.0);"),
    ("accumulation: what was there stays", ACCUMULATION, "self.grads.fill(T::ZERO);", ""),
    ("early stopping: the last weights stay", EARLY, "self.weights.restore(mlp);", "let _ = mlp;"),
    ("early stopping: patience counts all epochs", EARLY, "Some(epoch.clone()), 0);", "Some(epoch.clone()), self.waited + 1);"),
    ("log odds: the largest is measured against itself too", RANKING, "powers[left_out] = f64::NEG_INFINITY;", "let _ = left_out;"),
    ("log odds: against all classes, not the others", RANKING, "math::ln(sum - power)", "math::ln(sum + 0.0 * power)"),
    ("roc auc: equal scores do not share their ranks", RANKING, "(2 * start + same.len() + 1)", "(2 * start + 2 * same.len())"),
    ("calibration: bins are closed below", CALIBRATION, ".ceil() as usize).clamp(1, CALIBRATION_BINS) - 1", ".floor() as usize).min(CALIBRATION_BINS - 1)"),
    ("calibration: errors of bins cancel", CALIBRATION, "bin.confidence).abs())", "bin.confidence))"),
    ("brier: two classes count twice", CALIBRATION, "if classes == 2 { 2.0 }", "if classes == 2 { 1.0 }"),
    ("interval: Wilson's centre is the share", INTERVAL, "p + z2 / (2.0 * n);", "p + 0.0 * z2;"),
    ("interval: of a mean by n, not n - 1", INTERVAL, "self.squares / (n - 1.0)", "self.squares / n"),
    ("baseline: entropy in bits", BASELINE, "share * math::ln(share)).sum::<f64>()", "share * math::ln(share) / math::ln(2.0)).sum::<f64>()"),
    ("baseline: the mean absolute error is about 0", BASELINE, "(t - mean).abs()", "t.abs()"),
    ("r2: constant targets by their rounded mean", REGRESSION, "match range == 0.0 {", "match range < 0.0 {"),
    ("assessment: yes is a logit above a half", YES_OR_NO, "logits[at] > 0.0", "logits[at] > 0.5"),
    ("assessment: two classes rank by the second's logit", OUTPUTS, "pair[1] -= pair[0]", "pair[1] -= 0.0"),
    ("assessment: probabilities rank", OUTPUTS, "=> log_odds(kernel, width, scores),", "=> softmax::forward(kernel, width, scores),"),
    ("assessment: the calibration of no is that of yes", OUTPUTS, "if is_yes { *p } else { 1.0 - p }", "*p"),
    ("assessment: the five most frequent are one", CLASSES, "shares.largest(5)", "shares.largest(1)"),
    ("adam: every step is the first", OPTIMIZER_STATE, "self.steps += 1;", "self.steps = 1;"),
    ("clip by norm: 1e-6 missing", MODEL_UPDATE, "clip::norm(grads) + 1e-6", "clip::norm(grads)"),
    ("clip by norm: short gradients grow", MODEL_UPDATE, "if factor >= 1.0 {", "if factor >= f64::MAX {"),
    ("step: gradients are not clipped", MODEL_STEP, "clip.apply(grads);", "let _ = clip;"),
    ("clip by norm: the last elements do not count", CLIP, ".zip(rest).for_each", ".zip(&rest[..0]).for_each"),
    ("clip by value: only from above", CLIP, "if below < -limit { -limit } else { below }", "below"),
    ("sgd: steps uphill", UPDATE, "*w -= lr * dw", "*w += lr * dw"),
    ("sgd: decay forgotten", UPDATE, "*w -= lr * (dw + decay * *w)", "*w -= lr * (dw + decay * T::ZERO)"),
    ("momentum: the step is the gradient's", UPDATE, "*w -= lr * next;", "*w -= lr * g;"),
    ("momentum: Nesterov ignored", UPDATE, "*w -= lr * (g + momentum * next);", "*w -= lr * (next + T::ZERO);"),
    ("momentum: Nesterov by the old velocity", UPDATE, "(g + momentum * next)", "(g + momentum * *v)"),
    ("rmsprop: eps inside the root", UPDATE, "(next.sqrt() + eps)", "(next + eps).sqrt()"),
    ("rmsprop: the mean square is this gradient's", UPDATE, "keep * *s + gain * g * g;", "gain * g * g;"),
    ("adam: the mean keeps its beginning at 0", OPTIMIZER, "(lr / (1.0 - power(beta1, t)),", "(lr,"),
    ("adam: the mean square keeps its beginning at 0", OPTIMIZER, "(1.0 - power(beta2, t)).sqrt())", "1.0)"),
    ("adam: the correction of the mean square has no root", OPTIMIZER, "power(beta2, t)).sqrt())", "power(beta2, t)))"),
    ("adam: eps inside the root", UPDATE, "(square.sqrt() / root + eps)", "(square / (root * root) + eps).sqrt()"),
    ("adam: decay apart from the gradient", OPTIMIZER, "{ (weight_decay, 1.0) }", "{ (0.0, 1.0 - lr * weight_decay) }"),
    ("adamw: decay through the gradient", OPTIMIZER, "{ (0.0, 1.0 - lr * weight_decay) }", "{ (weight_decay, 1.0) }"),
    ("adamw: decay without the learning rate", OPTIMIZER, "1.0 - lr * weight_decay", "1.0 - weight_decay"),
    ("db: only the first row and the last", ACTIVATION, "let before = if first {", "let before = if !first {"),
    (
        "dw: added to what the last step left",
        PLAN,
        "kernel.gemm(x, dz, Epilogue::Store, dw, &mut workspace.scratch);",
        "kernel.gemm(x, dz, Epilogue::Accumulate { alpha: T::ONE, beta: T::ONE }, dw, &mut workspace.scratch);",
    ),
    (
        "dw: every thread takes the first rows of x^T",
        PLAN,
        "x.t().rows_in(part.rows)",
        "x.t().rows_in(0..part.rows.len())",
    ),
    (
        "dx: w is not transposed",
        PLAN,
        "MatRef::new(w, inputs, outputs).t());",
        "MatRef::new(w, outputs, inputs));",
    ),
    (
        "step: every strip takes the first rows of x^T",
        FUSED_UPDATE,
        "x.t().rows_in(start..start + count)",
        "x.t().rows_in(0..count)",
    ),
    ("step: the second thread begins at the first row", FUSED_UPDATE, "start: start + at, w: right_w", "start, w: right_w"),
    (
        "step: biases stay where they are",
        DENSE,
        "biases.apply(flow.kernel, &mut params[b.clone()], &grads[b.clone()], state.range(arrays, b));",
        "let _ = (b, biases);",
    ),
    (
        "step: the bias's gradient is left from the step before",
        DENSE,
        "flow.is_dz = previous.is_some();",
        "flow.is_dz = true;",
    ),
    (
        "dz: every thread takes the first columns of a",
        DENSE_ACTIVATION,
        "of.cols_in(cols)",
        "of.cols_in(0..cols.len())",
    ),
    (
        "relu: dead units pass the gradient",
        ACTIVATION,
        "ReluSlope, |c, a| if_positive(a, c, V::splat(T::ZERO));",
        "ReluSlope, |c, _a| c;",
    ),
    (
        "leaky relu: slope 0 on the left",
        ACTIVATION,
        "LeakyReluSlope[alpha], |c, a| if_positive(a, c, c.mul(alpha));",
        "LeakyReluSlope[alpha], |c, a| if_positive(a, c, V::splat(T::ZERO).mul(alpha));",
    ),
    (
        "leaky relu: slope 1 at 0",
        ACTIVATION,
        "LeakyReluSlope[alpha], |c, a| if_positive(a, c, c.mul(alpha));",
        "LeakyReluSlope[alpha], |c, a| a.if_negative(c.mul(alpha), c);",
    ),
    (
        "sigmoid: derivative 1 - a",
        ACTIVATION,
        "c.mul(a.mul(V::splat(T::ONE).sub(a)))",
        "c.mul(V::splat(T::ONE).sub(a))",
    ),
    ("tanh: derivative 1 - a", ACTIVATION, "c.mul(V::splat(T::ONE).sub(a.mul(a)))", "c.mul(V::splat(T::ONE).sub(a))"),
    ("elu: the sides of 0 change places", ACTIVATION, "EluSlope[alpha], |c, z| if_positive(z, c, c.mul", "EluSlope[alpha], |c, z| z.if_negative(c, c.mul"),
    ("elu: derivative without alpha", ACTIVATION, "c.mul(alpha.mul(math::exp(z)))", "c.mul(math::exp(z))"),
    ("selu: derivative without its scale", ACTIVATION, "V::constant(scale * alpha)", "V::constant(alpha)"),
    ("gelu: derivative without x phi", NORMAL, "times_density(mills(y).sub(y), y)", "times_density(mills(y), y)"),
    ("gelu by tanh: u' is not that of a cube", NORMAL, "V::constant(3.0 * b)", "V::constant(b)"),
    ("silu, gelu by tanh: slope on the left", EXP, "q.mul(x_times_dw.mul_add(q, one)), power", "q, power"),
    ("silu, gelu by tanh: slope on the right", EXP, "x_times_dw.mul_add(p.mul(q), one)", "x_times_dw.mul_add(q, one)"),
    ("softplus: derivative a", ACTIVATION, "math::expm1_of_negative(zero.sub(a))", "zero.sub(a)"),
    ("softsign: derivative 1 / (1 + |z|)", ACTIVATION, "c.mul(share.mul(share))", "c.mul(share)"),
    ("hard sigmoid: derivative 1", ACTIVATION, "c.div(V::constant(6.0)), zero)", "c, zero)"),
    ("log-softmax: derivative of softmax's sum missing", SOFTMAX, "da[i] -= power * sum", "da[i] -= power"),
    (
        "network: a derivative that needs z takes a",
        DENSE,
        "        self.shape.activation.derivative_needs_input()\n",
        "        false\n",
    ),
    ("kernel: rows that share a register are stored as one", TAILED, ".group::<TAIL>(i % shared);", ".group::<TAIL>(0);"),
    ("kernel: a wide tile multiplies by its first row alone", MICRO, "column[i].mul_add(b", "column[0].mul_add(b"),
    ("kernel: a row's held sums begin with its first register's", GEMV, "mul_add(b, acc[v]);", "mul_add(b, acc[0]);"),
    ("kernel: pairs of bf16 change places", NARROW_PANELS, "2 * lane + register,", "2 * lane + 1 - register,"),
    ("kernel: the first two of four int8 change places", AVX2_WIDEN, "[top(3), top(2), top(1), top(0)]", "[top(2), top(3), top(1), top(0)]"),
    ("assessment: values of two classes are ranked by the page as they are", REPORT_CLASSES, "meaning.to_ranks(Kernel", "Meaning::YesOrNo.to_ranks(Kernel"),
    ("kernel: sums of integers keep the unit they are widened in", NARROW_ROW, ".mul(V::constant(1.0 / INT8_UNIT));", ";"),
    ("kernel: narrow rows that share weights are all the first", NARROW_ROW, "i * self.a_rs));", "0));"),
    ("kernel: integers are cut, not rounded", NARROW_FORMAT, ".round_ties_even() as i8", " as i8"),
    ("kernel: the last turn of few rows counts a step twice", TURNED, "if i >= done {", "if i + 1 >= done {"),
    ("kernel: the last columns of few rows are a column early", TURNED, "r.n - K::Vector::LANES);", "r.n - K::Vector::LANES - 1);"),
    ("kernel: few rows begin anew with their first column's bias", TURNED, "p.col + j }", "p.col }"),
    ("kernel: the last columns take the first ones' bias", PROBLEM, "col: self.col + from, ..*self", "col: self.col, ..*self"),
    ("kernel: all of few rows are the first", TURNED, "K::Vector::splat(*a.add(i * a_cs + m))", "K::Vector::splat(*a.add(i * a_cs))"),
    ("kernel: an outer product of one row's first register", OUTER, "p.b.at(0, v * V::LANES)", "p.b.at(0, 0)"),
    ("kernel: rows in one register are all the first", OUTER, "V::splat(*p.a.at(i + group, 0))", "V::splat(*p.a.at(i, 0))"),
    ("kernel: rows too few to fill a register are left out", OUTER, "if whole < p.m {", "if whole + 1 < p.m {"),
    (
        "kernel: an update of a tail reads the row before it",
        TAILED,
        "last[i] = op.apply::<V, true>(last[i], col + lanes, at.add(lanes), mask);",
        "last[i] = op.apply::<V, true>(last[i], col + lanes, at, mask);",
    ),
    ("kernel: the sixth row of a tile is its fourth", ROWS_OF_A, "by = in(reg) $rows.five", "by = in(reg) $rows.three"),
    ("kernel: the last of an odd number of steps is left out", MICRO, "in 2 * pairs..k {", "in 2 * pairs..k / 2 * 2 {"),
    ("kernel: a tile that fetches A takes whole lines of steps", MICRO, "acc, &mut at, line.min(left)", "acc, &mut at, line"),
    ("kernel: the eighth row of a tile is its seventh", TAILED, "ROWS_OF_A_POINTER * a_rs)]", "6 * a_rs)]"),
    ("kernel: the third row of a tile is its second", AVX2_STEPS, "[{a} + 2*{rs}]", "[{a} + {rs}]"),
    ("kernel: a tile's third register ends a lane early", AVX2_STEPS, "ps {b2}, {x}, [{b} + 64]", "ps {b2}, {x}, [{b} + 60]"),
    ("kernel: the smaller tiles of a block are the larger ones again", BLOCK, "let i = first * (least + 1);", "let i = 0;"),
    ("kernel: the tiles behind the fetching one are a tile early", BLOCK, "(i + fetching * rows,", "(i,"),
    ("kernel: a large B begins the chains of a few rows anew", GEMV, "{ V::load(y.add(j)) };", "{ V::splat(T::ZERO) };"),
    ("kernel: the second strip of a row is stored over the first", GEMV, "}, y.add(j));", "}, y);"),
    ("kernel: chains of a dot product start a register late", DOTS, "let whole = r.k / CHAINS * CHAINS;", "let whole = r.k / CHAINS * CHAINS - CHAINS;"),
    ("kernel: the last chains of a dot product are left out", DOTS, "if whole < r.k {", "if whole + 1 < r.k {"),
    ("kernel: the last column of a larger product is dots", RUN, "row::<T, K, false>(&last.", "row::<T, K, true>(&last."),
    ("threads: the last one takes a single column or row", PARTITION, "(length * (threads / 2) / threads + GRAIN / 2) / GRAIN * GRAIN)", "length)"),
    ("kernel: a ragged panel is read where the whole ones end", BLOCK, "(ragged, nr, true)", "(tile.b, nr, true)"),
    (
        "kernel: a small product packs its first columns for its last",
        "crates/kernel/src/gemm/loops/blocked.rs",
        "let first = if pack_b { 0 } else { n / nr * nr };",
        "let first = 0;",
    ),
    (
        "kernel: last column of an edge tile dropped",
        MICRO,
        "tile.cols - (NV - 1) * V::LANES });",
        "tile.cols - (NV - 1) * V::LANES - 1 });",
    ),
    (
        "kernel: the third of some lanes is the first",
        "crates/kernel/src/simd/avx2.rs",
        "            left = _mm_movehl_ps(left, left);\n",
        "",
    ),
    (
        "kernel: the second vector takes the first one's bias",
        MICRO,
        "let (to, col) = (c.wrapping_add(i * c_rs + v * V::LANES), first_col + v * V::LANES);",
        "let (to, col) = (c.wrapping_add(i * c_rs + v * V::LANES), first_col);",
    ),
    (
        "kernel: a block of k forgets the one before",
        BLOCKING,
        "resume: epilogue.resumes() && k_block > 0,",
        "resume: epilogue.resumes() && k_block > usize::MAX - 1,",
    ),
    (
        "packing: the last step of a panel reaches into the next panel",
        PANELS,
        "p + 1 < steps && past <= readable",
        "past <= readable",
    ),
    (
        "packing: a whole register is read where its lanes are not there",
        PANELS,
        "p + 1 < steps && past <= readable",
        "p + 1 < steps",
    ),
    (
        "kernel: chains end where the caches say, not after KC steps",
        PACKING_PLAN,
        "            _ => (sizes.columns, self.most_steps),",
        "            _ => (sizes.columns, self.most_steps.min(sizes.steps)),",
    ),
]
