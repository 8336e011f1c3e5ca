#include "torch_twins.hpp"

#include <dlfcn.h>
#include <torch/torch.h>

namespace torch_twins {

struct AdamTail::Held {
  std::vector<torch::Tensor> parameters;
  std::unique_ptr<torch::optim::Adam> optimizer;
};

AdamTail::AdamTail(const std::vector<std::int64_t>& sizes) : held_(std::make_unique<Held>()) {
  for (const std::int64_t size : sizes) {
    held_->parameters.push_back(torch::full({size}, 0.5F).requires_grad_(true));
    held_->parameters.back().mutable_grad() = torch::zeros({size});
  }
  held_->optimizer = std::make_unique<torch::optim::Adam>(held_->parameters, torch::optim::AdamOptions(1e-3));
}
AdamTail::~AdamTail() = default;

void AdamTail::fill_gradients(float value) {
  for (torch::Tensor& parameter : held_->parameters) parameter.mutable_grad().fill_(value);
}

void AdamTail::step(double max_norm) {
  if (max_norm > 0.0) torch::nn::utils::clip_grad_norm_(held_->parameters, max_norm);
  held_->optimizer->step();
  if (max_norm > 0.0) {
    torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : held_->parameters) parameter.mutable_grad().zero_();
  }
}

struct Network::Held : torch::nn::Module {
  struct Block {
    torch::nn::LayerNorm norm;
    torch::nn::Linear first, second;
  };
  torch::nn::Linear input, head;
  torch::nn::LayerNorm norm;
  std::vector<Block> blocks;
  torch::Tensor images, labels;
  std::unique_ptr<torch::optim::Adam> optimizer;

  Held(std::int64_t inputs, std::int64_t width, std::int64_t depth, std::int64_t classes, std::int64_t batch)
      : input(register_module("input", torch::nn::Linear(inputs, width))),
        head(register_module("head", torch::nn::Linear(width, classes))),
        norm(register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})))),
        images(torch::rand({batch, inputs})),
        labels(torch::randint(classes, {batch}, torch::kInt64)) {
    for (std::int64_t i = 0; i < depth; ++i) {
      const std::string name = "block" + std::to_string(i);
      blocks.push_back({register_module(name + "norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}))),
                        register_module(name + "first", torch::nn::Linear(width, width)),
                        register_module(name + "second", torch::nn::Linear(width, width))});
    }
    optimizer = std::make_unique<torch::optim::Adam>(parameters(), torch::optim::AdamOptions(1e-3));
  }
};

Network::Network(std::int64_t inputs, std::int64_t width, std::int64_t depth, std::int64_t classes, std::int64_t batch)
    : held_(std::make_unique<Held>(inputs, width, depth, classes, batch)) {}
Network::~Network() = default;

void Network::step() {
  held_->optimizer->zero_grad();
  torch::Tensor x = held_->input(held_->images);
  for (auto& block : held_->blocks) x = x + block.second(torch::relu(block.first(block.norm(x))));
  torch::nn::functional::cross_entropy(held_->head(held_->norm(x)), held_->labels).backward();
  held_->optimizer->step();
}

void set_threads(int threads, int blas_threads) {
  torch::set_num_threads(threads);
  if (void* found = dlsym(RTLD_DEFAULT, "openblas_set_num_threads"))
    reinterpret_cast<void (*)(int)>(found)(blas_threads);
}

std::string blas() {
  if (void* found = dlsym(RTLD_DEFAULT, "openblas_get_config")) {
    const std::string config = reinterpret_cast<const char* (*)()>(found)();
    const auto core = reinterpret_cast<const char* (*)()>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
    return core == nullptr ? config : config + ", core " + core();
  }
  Dl_info info{};
  const bool known = dladdr(dlsym(RTLD_DEFAULT, "sgemm_"), &info) != 0 && info.dli_fname != nullptr;
  return std::string("unknown: ") + (known ? info.dli_fname : "no file");
}

}  // namespace torch_twins
