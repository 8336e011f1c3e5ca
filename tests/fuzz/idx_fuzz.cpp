// Any bytes at all, given to the reader of IDX files: it either throws eigentune::Error or returns what the bytes say.

#include <eigentune/core/error.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "train/idx_format.hpp"

namespace {

void expect(bool condition) {
  if (!condition) std::abort();  // what libFuzzer and the replaying main take for a finding
}

void check_images(std::span<const std::uint8_t> bytes) {
  try {
    const example::IdxImages images = example::parse_idx_images(bytes, "fuzz");
    expect(images.count >= 1 && images.rows >= 1 && images.columns >= 1);
    expect(images.pixels.size() ==
           static_cast<std::size_t>(images.count) * static_cast<std::size_t>(images.rows * images.columns));
    expect(bytes.size() == example::idx_header_size(example::IdxContents::images) + images.pixels.size());
    expect(images.pixels.front() == bytes[16] && images.pixels.back() == bytes.back());
  } catch (const eigentune::Error&) {  // the only exception that bad bytes may cause
  }
}

void check_labels(std::span<const std::uint8_t> bytes) {
  try {
    const std::vector<std::uint8_t> labels = example::parse_idx_labels(bytes, "fuzz", 10);
    expect(!labels.empty());
    expect(bytes.size() == example::idx_header_size(example::IdxContents::labels) + labels.size());
    for (const int label : labels) expect(label < 10);
  } catch (const eigentune::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  check_images(bytes);
  check_labels(bytes);
  return 0;
}
