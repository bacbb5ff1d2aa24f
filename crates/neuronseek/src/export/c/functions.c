//# clamp
/* x kept within low and high. */
static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

//# whole_power
/* a to a whole power. */
static double whole_power(double a, int exponent)
{
    double product = 1.0;
    int left = exponent < 0 ? -exponent : exponent;
    for (; left > 0; left /= 2) {
        if (left % 2 == 1)
            product *= a;
        a *= a;
    }
    return exponent < 0 ? 1.0 / product : product;
}

//# power
/* a to the power b; whole powers of negative numbers are defined. */
static double power(double a, double b)
{
    if (floor(b) == b && fabs(b) <= 64.0)
        return whole_power(a, (int)b);
    return pow(a, b);
}

//# logistic
/* The logistic function. */
static double logistic(double a)
{
    return 1.0 / (1.0 + exp(-a));
}

//# filled
/* The cell, or what a missing one is taken for. */
static double filled(double cell, double fill)
{
    return isnan(cell) ? fill : cell;
}

//# fraction
/* x less the whole number below it. */
static double fraction(double x)
{
    const double rest = fmod(x, 1.0);
    return rest < 0.0 ? rest + 1.0 : rest;
}

//# phase_of_year
/* How much of a year has passed, 0 to 1. */
static double phase_of_year(double seconds)
{
    return fraction(seconds / 86400.0 / 365.2425);
}

//# phase_of_week
/* How many whole days of a week have passed, 0 on Mondays, over 7. */
static double phase_of_week(double seconds)
{
    const double days = fmod(floor(seconds / 86400.0) + 3.0, 7.0);
    return (days < 0.0 ? days + 7.0 : days) / 7.0;
}

//# phase_of_day
/* How much of a day has passed, 0 to 1. */
static double phase_of_day(double seconds)
{
    return fraction(seconds / 86400.0);
}

//# text_place
/* The place of a text among levels in the order of their bytes. */
static int text_place(const char *cell, const text_level *levels, size_t count, int unseen,
                      int missing)
{
    size_t low = 0, high = count;
    if (cell == NULL)
        return missing;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(levels[middle].text, cell);
        if (order == 0)
            return levels[middle].place;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return unseen;
}

//# number_place
/* The place of a number among ascending levels. */
static int number_place(double cell, const number_level *levels, size_t count, int unseen,
                        int missing)
{
    size_t low = 0, high = count;
    if (isnan(cell))
        return missing;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (levels[middle].number < cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && levels[low].number <= cell ? levels[low].place : unseen;
}

//# bin_place
/* How many of the ascending edges are at most the number. */
static int bin_place(double cell, const double *edges, size_t count, int missing)
{
    size_t low = 0, high = count;
    if (isnan(cell))
        return missing;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (edges[middle] <= cell)
            low = middle + 1;
        else
            high = middle;
    }
    return (int)low;
}

//# group_of
/* Where `length` places stand among ascending groups of so many; -1 if nowhere. */
static long group_of(const int *places, const int *groups, size_t count, size_t length)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int *group = groups + middle * length;
        size_t i = 0;
        while (i < length && group[i] == places[i])
            i++;
        if (i == length)
            return (long)middle;
        if (group[i] < places[i])
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

//# group_value
/* The value of a group. */
static double group_value(long group, const double *values, double otherwise)
{
    return group < 0 ? otherwise : values[group];
}

//# is
/* 1 for this place, else 0. */
static double is(int place, int own)
{
    return place == own ? 1.0 : 0.0;
}

//# one_hot
/* For each of `count` places from `first` on: 1 for the cell's place, else 0. */
static void one_hot(double *x, int place, int first, int count)
{
    int i;
    for (i = 0; i < count; i++)
        x[i] = place == first + i ? 1.0 : 0.0;
}

//# place_or
/* The place as a number. */
static double place_or(int place, double otherwise)
{
    return place == NO_PLACE ? otherwise : (double)place;
}

//# scaled
static double scaled(double x, const input_scale *s)
{
    double z; //? bounded
    if (!s->bent) //? bounded
        return (float)clamp(x, -3.0, 3.0); //? bounded
    z = clamp((x - s->center) / s->scale, -1e6, 1e6); //? bounded
    return (float)(z / sqrt(1.0 + (z / 3.0) * (z / 3.0))); //? bounded
    return (clamp(x, s->low, s->high) - s->shift) / s->scale; //? linear
}

//# real_power
static real real_power(real a, size_t exponent)
{
    real product = 1;
    while (exponent-- > 0)
        product *= a;
    return product;
}

//# factors_of
/* The product of the factors of one index, each a sum of weighted inputs h. */
static real factors_of(const term *t, size_t index, const real *h)
{
    real product = 1;
    size_t m, i;
    for (m = 0; m < t->order; m++) {
        const real *factor = t->factors + (m * t->rows + index) * t->inputs;
        real sum = 0;
        for (i = 0; i < t->inputs; i++)
            sum += factor[i] * h[i];
        product *= sum;
    }
    return product;
}

//# component_of
/* A component of an embedded input: the steps between knots that it has climbed. */
static real component_of(const term *t, size_t index, const real *h)
{
    const embedding *e = &t->embeddings[index / t->width];
    const real *steps = e->steps + index % t->width * e->bins;
    real sum = 0;
    size_t b;
    for (b = 0; b < e->bins && h[e->input] > e->knots[b]; b++) {
        const real share = (h[e->input] - e->knots[b]) / (e->knots[b + 1] - e->knots[b]);
        sum += steps[b] * (share < 1 ? share : 1);
    }
    return sum;
}

//# number_of
/* The number of an index that a term makes of a layer's inputs h. */
static real number_of(const term *t, size_t index, const real *h)
{
    switch (t->kind) {
    case POWER: //? power
        return real_power(h[index], t->order); //? power
    case SINE: //? sine
        return sin@(h[index]); //? sine
    case COSINE: //? cosine
        return cos@(h[index]); //? cosine
    case EXPONENTIAL: //? exponential
        return exp@(h[index]); //? exponential
    case PRODUCT: //? product
    case INDEPENDENT: //? independent
        return factors_of(t, index, h); //? product independent
    case EMBEDDING: //? embedding
        return component_of(t, index, h); //? embedding
    }
    return 0;
}

//# add_term
/* Adds a term of a layer's inputs h to `out`. */
static void add_term(const layer *l, const term *t, const real *h, real *out)
{
    size_t i, j;
    for (i = 0; i < t->rows; i++) {
        const real number = number_of(t, i, h);
        const real *weights = t->weights + i * l->outputs;
        if (t->kind == INDEPENDENT) { //? independent
            out[i] += t->weights[i] * number; //? independent
            continue; //? independent
        } //? independent
        if (number == 0)
            continue; /* most inputs of a text are 0 */
        for (j = 0; j < l->outputs; j++)
            out[j] += weights[j] * number;
    }
}

//# add_normalised
/* Adds a term less its mean, over its deviation, scaled and shifted. */
static void add_normalised(const layer *l, const term *t, const real *h, real *out)
{
    const real count = (real)l->outputs;
    real values[WIDEST], mean = 0, variance = 0;
    size_t j;
    for (j = 0; j < l->outputs; j++)
        values[j] = 0;
    add_term(l, t, h, values);
    for (j = 0; j < l->outputs; j++)
        mean += values[j] / count;
    for (j = 0; j < l->outputs; j++)
        variance += (values[j] - mean) * (values[j] - mean) / count;
    for (j = 0; j < l->outputs; j++)
        out[j] += (values[j] - mean) / sqrt@(variance + 1e-5@) * t->scale[j] + t->shift[j];
}

//# run_layer
/* The outputs of a layer for its inputs h. */
static void run_layer(const layer *l, const real *h, real *out)
{
    size_t i;
    for (i = 0; i < l->outputs; i++)
        out[i] = l->bias[i];
    for (i = 0; i < l->count; i++) {
        if (l->terms[i].scale != NULL) //? norm
            add_normalised(l, &l->terms[i], h, out); //? norm
        else //? norm
            add_term(l, &l->terms[i], h, out); //? norm
        add_term(l, &l->terms[i], h, out); //? plain
    }
}

//# activated
static real activated(activation_kind kind, real x)
{
    switch (kind) {
    case RELU: //? relu
        return x > 0 ? x : 0; //? relu
    case SILU: //? silu
        return x / (1 + exp@(-x)); //? silu
    case TANH: //? tanh
        return tanh@(x); //? tanh
    case SIGMOID: //? sigmoid
        return 1 / (1 + exp@(-x)); //? sigmoid
    case GELU: //? gelu
        return x * 0.5@ * (1 + erf@(x * 0.7071067811865476@)); //? gelu
    case IDENTITY: //? identity
        return x; //? identity
    }
    return x;
}

//# add_network
/* Adds the weighted outputs of a network for scaled inputs x. */
static void add_network(const network *n, const real *x, double *y)
{
    real h[WIDEST];
    real next[WIDEST]; //? deep skip
    const layer *last = n->layers;
    size_t i;
    size_t depth; //? deep
    run_layer(last, x, h);
    for (depth = 1; depth < n->depth; depth++) { //? deep
        for (i = 0; i < last->outputs; i++) //? deep
            h[i] = activated(n->activation, h[i]); //? deep
        last = &n->layers[depth]; //? deep
        run_layer(last, h, next); //? deep
        memcpy(h, next, last->outputs * sizeof next[0]); //? deep
    } //? deep
    if (n->skip != NULL) { //? skip
        run_layer(n->skip, x, next); //? skip
        for (i = 0; i < last->outputs; i++) //? skip
            h[i] += next[i]; //? skip
    } //? skip
    for (i = 0; i < last->outputs; i++)
        y[i] += n->weight * (double)h[i];
}

//# softmax
/* Probabilities of logits. */
static void softmax(const double *logits, double *probabilities)
{
    double highest = logits[0], sum = 0.0;
    size_t i;
    for (i = 0; i < OUTPUTS; i++)
        highest = fmax(highest, logits[i]);
    for (i = 0; i < OUTPUTS; i++) {
        probabilities[i] = exp(logits[i] - highest);
        sum += probabilities[i];
    }
    for (i = 0; i < OUTPUTS; i++)
        probabilities[i] /= sum;
}
