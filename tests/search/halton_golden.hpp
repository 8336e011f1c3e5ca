// Written by halton_oracle.py.
// clang-format off
#pragma once

#include <array>
#include <cstdint>

namespace eigentune::golden {

/// A trial of ten hyperparameters on uniform(0, 1).
struct CubePoint {
  std::uint64_t seed;
  std::int64_t trial;
  std::array<double, 10> x;
};
inline constexpr std::array cube = {
    CubePoint{0u, 0, {0x1.a9db7f2b0d04ap-2, 0x1.dee9434c95ce0p-1, 0x1.371227852977cp-3, 0x1.7747cbcad0730p-2, 0x1.43e13397888dep-2, 0x1.1d1bc104d1ff0p-2, 0x1.f2d1a552203e2p-1, 0x1.447f26d6ef500p-5, 0x1.023da4808fb1fp-2, 0x1.460211917cdb5p-2}},
    CubePoint{0u, 1, {0x1.d4edbf9586825p-1, 0x1.1327dbee80f15p-2, 0x1.80f7bd147d912p-1, 0x1.4ded0a77b15e1p-1, 0x1.fe0fbf3a71481p-2, 0x1.7adca56eb7c47p-1, 0x1.ad28772a62da7p-3, 0x1.3cb3bc88617bcp-1, 0x1.fb8e202a0510ap-1, 0x1.5c33dbfea90fap-5}},
    CubePoint{0u, 2, {0x1.53b6fe561a094p-3, 0x1.343e98a1eb235p-1, 0x1.e75e237ae3f79p-1, 0x1.97119cc0d5f06p-1, 0x1.e7c20e28db8ccp-1, 0x1.c9a191bd7cb0cp-1, 0x1.8b48f049e621fp-2, 0x1.c3705e3789e78p-1, 0x1.f2b3c9a933a66p-4, 0x1.22b29ecf47e43p-2}},
    CubePoint{0u, 3, {0x1.54edbf9586825p-1, 0x1.a605b513b23fcp-1, 0x1.1a9156ae172acp-1, 0x1.04c8782e8ccbcp-1, 0x1.64db11195bb51p-5, 0x1.537a2f47554e4p-1, 0x1.7a592cd9a7c5bp-1, 0x1.8d8b50be46893p-1, 0x1.ab70279cf2de5p-3, 0x1.fec6581a25da0p-3}},
    CubePoint{1u, 0, {0x1.7e8761fb2a570p-4, 0x1.dafd0ea6031a8p-2, 0x1.c52d0267b2365p-1, 0x1.d156bbf2e902bp-1, 0x1.f4436a48f1ea4p-2, 0x1.628881b6df9acp-2, 0x1.78edc53edde36p-2, 0x1.307168f3139c9p-1, 0x1.12b559dab59bap-3, 0x1.5579e75418397p-1}},
    CubePoint{1u, 1, {0x1.2fd0ec3f654aep-1, 0x1.982931fdac37fp-1, 0x1.5ec69c014bcffp-1, 0x1.883229a9c4706p-1, 0x1.972c24777d8d2p-2, 0x1.13c395681aae7p-2, 0x1.16d13cf9c94c1p-1, 0x1.cf3ee72a9f49dp-3, 0x1.4fcebaa332f7ap-1, 0x1.d7171e1af2a7dp-2}},
    CubePoint{1u, 2, {0x1.5fa1d87eca95cp-2, 0x1.0b4f72a15b8a6p-3, 0x1.23f39e68fe064p-2, 0x1.3f0d97609fde2p-1, 0x1.e2dbe3b01bdddp-1, 0x1.b14d6e05a4871p-2, 0x1.b52a017b1a1fap-2, 0x1.b72e0aa23c086p-1, 0x1.234929f11cb4dp-1, 0x1.7937101295dcfp-3}},
    CubePoint{1u, 3, {0x1.afd0ec3f654aep-1, 0x1.2662158be51b8p-1, 0x1.f0c06b35cad31p-2, 0x1.8e7f8214c89cfp-3, 0x1.3a14dea609301p-2, 0x1.c4f57bef21087p-1, 0x1.88722114525d6p-3, 0x1.f518b6f3a07c8p-2, 0x1.947c1119e05e8p-2, 0x1.9c18ccd88227cp-1}},
    CubePoint{1u, 63, {0x1.d7d0ec3f654aep-1, 0x1.f445bfa2da046p-2, 0x1.cffbcf8fe77f2p-2, 0x1.c861edf467250p-1, 0x1.2d73a1fa45bddp-7, 0x1.ae58356ab7a2ap-3, 0x1.6503670f01c18p-3, 0x1.dc0e215385130p-1, 0x1.995d7d2d9a875p-1, 0x1.1f1ce269a4c75p-3}},
    CubePoint{1u, 1000, {0x1.43b0fd952b800p-11, 0x1.9d4fb4dbd7ff4p-1, 0x1.c335b162dce48p-1, 0x1.7f64a955212fbp-6, 0x1.751dd1255190bp-4, 0x1.654fd1f4c77a5p-4, 0x1.5a58f9dcc34e0p-1, 0x1.8546b265f2ac1p-2, 0x1.f166b8fa806aep-3, 0x1.c0eef3d4bb9d6p-7}},
    CubePoint{1u, 4294967295, {0x1.d02f13c1654aep-1, 0x1.537894fd872ccp-1, 0x1.e7c4088eac83fp-1, 0x1.1ee82f55c38fbp-2, 0x1.223779b8f488ep-2, 0x1.4b02ea09f95a9p-1, 0x1.9b5665a98e299p-2, 0x1.6c27589476dffp-2, 0x1.f7011b5a7de37p-3, 0x1.0f5e0c07afaf7p-1}},
    CubePoint{18446744073709551615u, 12345, {0x1.e29062909a26fp-1, 0x1.131eac67c2b99p-1, 0x1.05bdda8d3810cp-2, 0x1.821b8b62ebd15p-1, 0x1.b438d58cca44bp-3, 0x1.aec70b661a571p-1, 0x1.c86b7f419971ap-2, 0x1.fb885b68804f6p-1, 0x1.a0e68e01f15dep-1, 0x1.25dbb23df49cfp-1}},
};

/// A trial of the space with two optimizers.
struct ConditionalPoint {
  std::uint64_t seed;
  std::int64_t trial;
  const char* text;
};
inline constexpr std::array conditional = {
    ConditionalPoint{0, 0, R"({"optimizer": "nesterov", "learning_rate": 0.935373404597069, "weight_decay": 0.4158763761545329})"},
    ConditionalPoint{0, 1, R"({"optimizer": "adam", "learning_rate": 0.2687067379304023, "beta1": 0.7518900954735577, "layers": 4, "dropout": 0.6521991034612108, "weight_decay": 0.7533639297852558})"},
    ConditionalPoint{0, 2, R"({"optimizer": "nesterov", "learning_rate": 0.6020400712637356, "weight_decay": 0.246636070214724})"},
    ConditionalPoint{0, 3, R"({"optimizer": "adam", "learning_rate": 0.8242622934859578, "beta1": 0.5518900954735577, "layers": 2, "weight_decay": 0.5841236238454469})"},
    ConditionalPoint{0, 4, R"({"optimizer": "nesterov", "learning_rate": 0.15759562681929118, "weight_decay": 0.9158763761545329})"},
    ConditionalPoint{0, 5, R"({"optimizer": "adam", "learning_rate": 0.49092896015262455, "beta1": 0.07189009547355771, "layers": 4, "dropout": 0.08077053203263937, "weight_decay": 0.2533639297852558})"},
    ConditionalPoint{0, 6, R"({"optimizer": "nesterov", "learning_rate": 0.7131511823748468, "weight_decay": 0.746636070214724})"},
    ConditionalPoint{0, 7, R"({"optimizer": "adam", "learning_rate": 0.04648451570818008, "beta1": 0.8718900954735577, "layers": 2, "weight_decay": 0.08412362384544692})"},
    ConditionalPoint{0, 100, R"({"optimizer": "nesterov", "learning_rate": 0.3016285486299908, "weight_decay": 0.9471263761545329})"},
    ConditionalPoint{0, 101, R"({"optimizer": "adam", "learning_rate": 0.6349618819633241, "beta1": 0.7358900954735577, "layers": 4, "dropout": 0.5005956049189367, "weight_decay": 0.3471139297852558})"},
    ConditionalPoint{0, 102, R"({"optimizer": "nesterov", "learning_rate": 0.8571841041855464, "weight_decay": 0.652886070214724})"},
    ConditionalPoint{0, 103, R"({"optimizer": "adam", "learning_rate": 0.19051743751887967, "beta1": 0.5358900954735577, "layers": 2, "weight_decay": 0.052873623845446915})"},
    ConditionalPoint{0, 99999, R"({"optimizer": "adam", "learning_rate": 0.9924898107456348, "beta1": 0.2135425754735577, "layers": 2, "weight_decay": 0.4377308015798219})"},
    ConditionalPoint{1, 0, R"({"optimizer": "nesterov", "learning_rate": 0.4638559616876372, "weight_decay": 0.09339082979081126})"},
    ConditionalPoint{1, 1, R"({"optimizer": "adam", "learning_rate": 0.7971892950209706, "beta1": 0.6851090194303707, "layers": 2, "weight_decay": 0.7393014852641977})"},
    ConditionalPoint{1, 2, R"({"optimizer": "nesterov", "learning_rate": 0.1305226283543039, "weight_decay": 0.2606985147358125})"},
    ConditionalPoint{1, 3, R"({"optimizer": "adam", "learning_rate": 0.5749670727987484, "beta1": 0.4851090194303707, "layers": 4, "dropout": 0.19457913995672846, "weight_decay": 0.906609170209199})"},
    ConditionalPoint{1, 4, R"({"optimizer": "nesterov", "learning_rate": 0.9083004061320816, "weight_decay": 0.5933908297908113})"},
    ConditionalPoint{1, 5, R"({"optimizer": "adam", "learning_rate": 0.241633739465415, "beta1": 0.8051090194303707, "layers": 2, "weight_decay": 0.2393014852641977})"},
    ConditionalPoint{1, 6, R"({"optimizer": "nesterov", "learning_rate": 0.3527448505765261, "weight_decay": 0.7606985147358125})"},
    ConditionalPoint{1, 7, R"({"optimizer": "adam", "learning_rate": 0.6860781839098594, "beta1": 0.20510901943037071, "layers": 4, "dropout": 0.9700893440383611, "weight_decay": 0.40660917020919896})"},
    ConditionalPoint{1, 100, R"({"optimizer": "nesterov", "learning_rate": 0.8753785954324932, "weight_decay": 0.5621408297908113})"},
    ConditionalPoint{1, 101, R"({"optimizer": "adam", "learning_rate": 0.20871192876582653, "beta1": 0.7091090194303707, "layers": 2, "weight_decay": 0.1455514852641977})"},
    ConditionalPoint{1, 102, R"({"optimizer": "nesterov", "learning_rate": 0.653156373210271, "weight_decay": 0.8544485147358125})"},
    ConditionalPoint{1, 103, R"({"optimizer": "adam", "learning_rate": 0.9864897065436043, "beta1": 0.5091090194303707, "layers": 4, "dropout": 0.3461826384990025, "weight_decay": 0.43785917020919896})"},
    ConditionalPoint{1, 99999, R"({"optimizer": "adam", "learning_rate": 0.5553449510580472, "beta1": 0.14599093943037073, "layers": 4, "dropout": 0.5662015081876527, "weight_decay": 0.053001992474823956})"},
};

/// The squared centred discrepancy of the first n points of SciPy's unscrambled Halton sequence.
struct Discrepancy {
  int n, d;
  double squared;
};
inline constexpr std::array discrepancies = {
    Discrepancy{1, 1, 0.33333333333333326},
    Discrepancy{2, 2, 0.2760416666666663},
    Discrepancy{16, 2, 0.009016290777176694},
    Discrepancy{16, 10, 0.9360895174046933},
    Discrepancy{100, 5, 0.002896481682294505},
    Discrepancy{256, 3, 0.00016202393085462674},
};

/// The mean squared centred discrepancy of SciPy's scrambled Halton sequence over 100 seeds.
inline constexpr std::array scrambled_by_scipy = {
    Discrepancy{16, 2, 0.00352},
    Discrepancy{16, 5, 0.03239},
    Discrepancy{16, 10, 0.2741},
    Discrepancy{64, 2, 0.0002816},
    Discrepancy{64, 5, 0.003608},
    Discrepancy{64, 10, 0.04782},
    Discrepancy{256, 2, 2.433e-05},
    Discrepancy{256, 5, 0.0004061},
    Discrepancy{256, 10, 0.007532},
};

}  // namespace eigentune::golden
