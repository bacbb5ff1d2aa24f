//# texts
/* A text and its place. */
typedef struct {
    const char *text;
    int place;
} text_level;

//# numbers
/* A number and its place. */
typedef struct {
    double number;
    int place;
} number_level;

//# bounded
/* From an input x to what networks see: z = (x - center) / scale, bent to stay within -3 and 3;
   inputs that are not bent are only kept within. Networks were trained on floats, so both are
   rounded to one. */
typedef struct {
    double center, scale;
    int bent;
} input_scale;

//# linear
/* From an input x to what the formula sees: (x kept within low and high, less shift) / scale. */
typedef struct {
    double low, high, shift, scale;
} input_scale;

//# embedding
/* An embedded input: its components are steps at which it climbs between knots. */
typedef struct {
    size_t input, bins;
    const real *knots; /* one more than bins */
    const real *steps; /* components x bins */
} embedding;

//# tables
/* A term makes numbers of a layer's inputs and adds their products with weights to the outputs. */
typedef struct {
    term_kind kind;
    size_t rows; /* how many numbers it makes */
    size_t order; /* the power, or how many factors are multiplied */ //? power product independent
    size_t inputs; /* of the layer */ //? product independent
    const real *factors; /* order x rows x inputs */ //? product independent
    size_t width; /* components of an embedded input */ //? embedding
    const embedding *embeddings; //? embedding
    const real *weights; /* rows x outputs; of INDEPENDENT one an output */
    const real *scale, *shift; /* of a layer norm, one an output */ //? norm
} term;

/* A layer: bias + terms. */
typedef struct {
    size_t inputs, outputs;
    const real *bias;
    size_t count;
    const term *terms;
} layer;

/* A network: its outputs times its weight are added to those of the others. */
typedef struct {
    double weight;
    activation_kind activation; /* between layers */ //? deep
    size_t depth;
    const layer *layers;
    const layer *skip; /* from the inputs straight to the outputs */ //? skip
} network;
