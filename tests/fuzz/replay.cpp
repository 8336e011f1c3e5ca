// Runs a fuzz target without libFuzzer, for any compiler: the files of a directory as they are, then random mutations
// of them. The mutations are the same in every run, so a finding can be repeated.
//
//   idx_fuzz_replay CORPUS_DIRECTORY [MUTATIONS, default 300000]

#include <eigentune/core/error.hpp>
#include <eigentune/core/random.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

/// A file of the corpus.
struct Input {
  std::string name;
  Bytes bytes;
};

/// The files of the directory, in the order of their names.
std::vector<Input> read_corpus(const std::filesystem::path& directory) {
  std::vector<Input> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    if (!file) throw eigentune::Error(fmt::format("{}: expected a readable file", entry.path().string()));
    corpus.push_back({entry.path().filename().string(), Bytes(std::istreambuf_iterator<char>(file), {})});
  }
  std::sort(corpus.begin(), corpus.end(), [](const Input& a, const Input& b) { return a.name < b.name; });
  if (corpus.empty()) throw eigentune::Error(fmt::format("{}: expected at least 1 file", directory.string()));
  return corpus;
}

/// Changes, inserts or removes a few bytes, or goes on with the tail of another file.
void mutate(Bytes& bytes, const std::vector<Input>& corpus, eigentune::Random& random) {
  constexpr std::uint8_t telling[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};  // where counts and signs break
  const auto position = [&] { return static_cast<std::ptrdiff_t>(random.below(bytes.size())); };
  for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
    const auto byte = random.below(2) == 0 ? static_cast<std::uint8_t>(random.below(256)) : telling[random.below(5)];
    const std::uint64_t kind = random.below(6);
    if (bytes.empty() || kind == 0) {
      bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(random.below(bytes.size() + 1)), byte);
    } else if (kind == 1) {
      bytes.erase(bytes.begin() + position());
    } else if (kind == 2) {
      bytes.resize(static_cast<std::size_t>(position()));
    } else if (kind == 3) {
      const Bytes& other = corpus[random.below(corpus.size())].bytes;
      const auto start = static_cast<std::ptrdiff_t>(random.below(other.size() + 1));
      bytes.resize(static_cast<std::size_t>(position()));
      bytes.insert(bytes.end(), other.begin() + start, other.end());
    } else {
      bytes[static_cast<std::size_t>(position())] = byte;
    }
  }
}

/// The input under test. Its allocation ends where it ends, so that a sanitizer sees a read beyond it.
Bytes input_under_test;

/// Keeps the input that failed: it belongs into the corpus, once what it found is mended.
void keep_finding() {
  constexpr const char* name = "fuzz-finding";
  std::ofstream(name, std::ios::binary)
      .write(reinterpret_cast<const char*>(input_under_test.data()),
             static_cast<std::streamsize>(input_under_test.size()));
  std::fputs(fmt::format("finding: {} bytes, written to {}\n", input_under_test.size(), name).c_str(), stderr);
}

void test(const Bytes& bytes) {
  input_under_test = Bytes(bytes.begin(), bytes.end());
  LLVMFuzzerTestOneInput(input_under_test.data(), input_under_test.size());
}

void abort_with_finding(int) {  // nothing else runs, and the program ends here
  keep_finding();
  std::_Exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc < 2) throw eigentune::Error("a fuzz target takes: CORPUS_DIRECTORY [MUTATIONS]");
    const std::vector<Input> corpus = read_corpus(argv[1]);
    const std::uint64_t mutations = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 300'000;
    std::signal(SIGABRT, abort_with_finding);
    for (const Input& input : corpus) test(input.bytes);
    eigentune::Random random(1);
    for (std::uint64_t i = 0; i < mutations; ++i) {
      Bytes bytes = corpus[random.below(corpus.size())].bytes;
      mutate(bytes, corpus, random);
      test(bytes);
    }
    fmt::print("{} files and {} mutations of them\n", corpus.size(), mutations);
    return 0;
  } catch (const std::exception& error) {
    std::fputs(fmt::format("{}\n", error.what()).c_str(), stderr);
    if (!input_under_test.empty()) keep_finding();
    return 2;
  }
}
