#include <eigentune/optim.hpp>
#include <eigentune/train/checkpoint.hpp>
#include <eigentune/train/load_parameters.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/expect.hpp"
#include "train/files.hpp"

// Files that are not as they must be: each is refused with a text that says why, before anything is changed.

namespace eigentune {
namespace {

using support::error_of;

/// A small checkpoint.
struct Sample {
  Sample() {
    optimizer.add("w", w, w_gradient);
    optimizer.add("b", b, b_gradient);
    optimizer.step({.learning_rate = 0.5});
    extras.tensor("order", std::span(order)).value("position", 7);
    path = folder / "sample.safetensors";
    save_checkpoint(path, 3, 0.5, optimizer, extras);
  }
  bool is_unchanged() const {
    return w == Eigen::MatrixXf::Constant(2, 3, 0.5f) && b == Eigen::VectorXf::Constant(1, -0.5f) &&
           optimizer.state().step == 1 && order == std::vector<std::int32_t>{3, 1, 2};
  }

  Eigen::MatrixXf w = Eigen::MatrixXf::Ones(2, 3), w_gradient = w;
  Eigen::VectorXf b = Eigen::VectorXf::Zero(1), b_gradient = Eigen::VectorXf::Ones(1);
  std::vector<std::int32_t> order{3, 1, 2};
  Momentum<float> optimizer;
  CheckpointExtras extras;
  files::TemporaryFolder folder;
  std::filesystem::path path;
};

TEST(Damage, OfAnySingleBitIsFoundAndInTheHeaderWithoutReadingTheData) {
  Sample sample;
  const std::string sound = files::read(sample.path);
  const std::size_t head = sound.size() - SafetensorsFile::read_header(sample.path).data_size();
  const std::size_t file_digits = sound.find("eigentune.checksum\":\"") + 21;  // of the whole file, not of the header
  for (std::size_t bit = 0; bit < 8 * sound.size(); ++bit) {
    const std::size_t byte = bit / 8;
    files::write_byte(sample.path, byte, static_cast<char>(sound[byte] ^ (1 << (bit % 8))));
    EXPECT_THROW(restore_checkpoint(sample.path, sample.optimizer, sample.extras), CorruptFileError) << "bit " << bit;
    if (byte < head && (byte < file_digits || byte >= file_digits + Checksum::digit_count)) {
      EXPECT_THROW(SafetensorsFile::read_header(sample.path), CorruptFileError) << "bit " << bit;
    }
    files::write_byte(sample.path, byte, sound[byte]);
  }
  EXPECT_TRUE(sample.is_unchanged());
}

TEST(Damage, IsFoundWhenParametersAreLoadedAlone) {
  Sample sample;
  std::string damaged = files::read(sample.path);
  damaged.back() = static_cast<char>(damaged.back() ^ 1);  // of a tensor that would not be loaded
  files::write(sample.path, damaged);
  EXPECT_THROW(load_parameters(sample.path, sample.optimizer), CorruptFileError);
}

TEST(Damage, OfAFileCutShortOrContinuedIsFound) {
  Sample sample;
  const std::string sound = files::read(sample.path);
  for (std::size_t size = 0; size < sound.size(); ++size) {
    files::write(sample.path, sound.substr(0, size));
    EXPECT_THROW(restore_checkpoint(sample.path, sample.optimizer, sample.extras), CorruptFileError) << size;
  }
  files::write(sample.path, sound + " ");
  EXPECT_THROW(restore_checkpoint(sample.path, sample.optimizer, sample.extras), CorruptFileError);
  EXPECT_TRUE(sample.is_unchanged());
}

/// The error of a file with this header and so many bytes of data, without its path.
std::string error_of_header(const std::string& header, std::size_t data_size = 0) {
  const files::TemporaryFolder folder;
  const std::filesystem::path path = folder / "x";
  std::string bytes;
  for (std::size_t i = 0; i < 8; ++i) bytes.push_back(static_cast<char>((header.size() >> (8 * i)) & 0xff));
  files::write(path, bytes + header + std::string(data_size, '\1'));
  const std::string error = error_of<CorruptFileError>([&] { SafetensorsFile::read(path); });
  return error.starts_with(path.string() + ": ") ? error.substr(path.string().size() + 2) : error;
}

TEST(SafetensorsHeader, TellsWhatIsWrong) {
  EXPECT_EQ(error_of_header("{}"), "nothing was thrown");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )", 8), "nothing was thrown");
  EXPECT_EQ(error_of_header(""), "its header does not start with {, so it is no safetensors file");
  EXPECT_EQ(error_of_header("[]"), "its header does not start with {, so it is no safetensors file");
  EXPECT_TRUE(error_of_header("{\"a\"").starts_with("its header is not sound JSON: "));
  EXPECT_TRUE(error_of_header("{} x").starts_with("its header is not sound JSON: "));
  EXPECT_TRUE(error_of_header("{\"\xff\":1}").starts_with("its header is not sound JSON: "));
  EXPECT_EQ(error_of_header(R"({"a":1})"), "\"a\" must be an object, got 1");
  EXPECT_EQ(error_of_header(R"({"__metadata__":1})"), "__metadata__ must be an object, got 1");
  EXPECT_EQ(error_of_header(R"({"__metadata__":{"a":1}})"), "\"a\" in __metadata__ must be a string, got 1");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[0]}})"), "\"a\" has no \"data_offsets\"");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"x":1}})"),
            "\"a\" has an unknown \"x\"");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F33","shape":[0],"data_offsets":[0,0]}})"),
            "\"a\" has the unknown dtype \"F33\"");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":32,"shape":[0],"data_offsets":[0,0]}})"),
            "\"a\" has the unknown dtype 32");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":4,"data_offsets":[0,0]}})"),
            "the shape of \"a\" must be an array, got 4");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,0]}})"),
            "\"a\" has -1 where a whole number from 0 to 2^63 - 1 belongs");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,0]}})"),
            "\"a\" has 1.5 where a whole number from 0 to 2^63 - 1 belongs");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,9223372036854775808]}})"),
            "\"a\" has 9223372036854775808 where a whole number from 0 to 2^63 - 1 belongs");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", 4),
            "the shape [1,1,1,1,1,1,1,1,1] of \"a\" cannot be held: Shape: at most 8 extents are possible");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
            "the shape [4294967296,4294967296] of \"a\" cannot be held: Shape: there must be fewer than 2^63 elements, "
            "got 4294967296 times 4294967296");
  // 2^61 times 8 bytes is 2^64: 0 without a look at the overflow.
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}})"),
            "\"a\" is F64 [2305843009213693952], which does not fit the data_offsets [0,0]");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})", 8),
            "the data_offsets of \"a\" must be two numbers, got [0]");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8),
            "\"a\" is F32 [2], which does not fit the data_offsets [8,0]");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,7]}})", 7),
            "\"a\" is F32 [2], which does not fit the data_offsets [0,7]");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3),
            "\"a\" begins at 1 of the data, where 0 is expected: there is a hole");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                            R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                            3),
            "\"b\" begins at 1 of the data, where 2 is expected: there is an overlap");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3),
            "its header tells of 2 bytes of data, and there are 3");
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 1),
            "its header tells of 2 bytes of data, and there are 1");
  const std::string twice = "its header is not sound JSON: the key \"a\" is there twice";
  EXPECT_EQ(error_of_header(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                            R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
            twice);
  EXPECT_EQ(error_of_header(R"({"__metadata__":{"a":"1","a":"1"}})"), twice);
  EXPECT_TRUE(error_of_header("{\"a\":" + std::string(100'000, '[')).starts_with("its header is not sound JSON: "));
}

TEST(SafetensorsHeader, HasALengthThatIsChecked) {
  const files::TemporaryFolder folder;
  const auto error = [&](const std::string& bytes) {
    files::write(folder / "x", bytes);
    return error_of<CorruptFileError>([&] { SafetensorsFile::read(folder / "x"); });
  };
  const std::string path = (folder / "x").string();
  EXPECT_EQ(error(""), path + ": it has 0 bytes, too few for a safetensors file");
  EXPECT_EQ(error("1234567"), path + ": it has 7 bytes, too few for a safetensors file");
  EXPECT_EQ(error(std::string(8, '\xff') + "{}"),
            path + ": a header has at most 100000000 bytes, this one says 18446744073709551615");
  EXPECT_EQ(error(std::string("\3\0\0\0\0\0\0\0{}", 10)),
            path + ": its header should have 3 bytes, and the whole file has 10");
}

TEST(CheckpointMetadata, HasCountsThatAreChecked) {
  const auto error = [](const std::string& key, const std::string& text) {
    SafetensorsHeader header;
    header.metadata = encode_checkpoint_metadata(CheckpointMetadata{});
    header.metadata.at(key) = text;
    return error_of<CorruptFileError>([&] { decode_checkpoint_metadata(header, "x"); });
  };
  for (const std::string key : {"eigentune.step", "eigentune.save_number"}) {
    EXPECT_EQ(error(key, "0"), "nothing was thrown");
    EXPECT_EQ(error(key, "9007199254740992"), "nothing was thrown");
    for (const std::string text : {"-1", "1.5", "1e300", "true", "9007199254740993", "18446744073709551615"}) {
      EXPECT_TRUE(error(key, text).starts_with("x: its metadata is not that of a checkpoint: " + key +
                                               " must be in [0, 2^53], got "))
          << error(key, text);
    }
  }
}

TEST(SafetensorsFile, SaysWhatKeepsItFromBeingRead) {
  const files::TemporaryFolder folder;
  EXPECT_EQ(error_of<MissingFileError>([&] { SafetensorsFile::read(folder / "x"); }),
            (folder / "x").string() + ": there is no such file");
  EXPECT_EQ(error_of<Error>([&] { SafetensorsFile::read(folder.path()); }),
            folder.path().string() + ": it is not a regular file");
}

TEST(Checksum, IsXXH3WithSeedZero) {  // published values
  const auto digits = [](std::string_view text) {
    Checksum checksum;
    for (const char& letter : text) checksum.update(bytes_of({&letter, 1}));
    return checksum.digits();
  };
  EXPECT_EQ(digits(""), "2d06800538d394c2");
  EXPECT_EQ(digits("a"), "e6c632b61e964e1f");
  EXPECT_EQ(digits("abc"), "78af5f94892f3950");
}

TEST(Restore, NamesAllThatIsMissingExtraAndDifferentAndChangesNothing) {
  Sample sample;
  Eigen::MatrixXf w = Eigen::MatrixXf::Zero(3, 2), gradient = w;
  Eigen::VectorXf c = Eigen::VectorXf::Zero(1), c_gradient = c;
  Nesterov<float> optimizer;
  optimizer.add("w", w, gradient);
  optimizer.add("c", c, c_gradient);
  EXPECT_EQ(
      error_of<Error>([&] { restore_checkpoint(sample.path, optimizer); }),
      sample.path.string() +
          ": it does not fit the optimizer: missing: \"c\", \"eigentune/state/v/c\"; extra: \"b\", "
          "\"eigentune/state/v/b\", \"order\"; different: the rule is Momentum, not Nesterov, \"w\" is F32 [2, 3], "
          "not F32 [3, 2], \"eigentune/state/v/w\" is F32 [2, 3], not F32 [3, 2]");
  EXPECT_TRUE(w.isZero());
}

TEST(Restore, RefusesAFileOfAnotherProgram) {
  Sample sample;
  const auto path = files::source_folder() / "golden/pytorch.safetensors";
  EXPECT_EQ(error_of<Error>([&] { restore_checkpoint(path, sample.optimizer); }),
            path.string() + ": it is no checkpoint of eigentune: its metadata has no \"eigentune.format\"");
}

TEST(Restore, RefusesAnotherStorageOrderUnlessTold) {
  Sample sample;
  using RowMajor = Eigen::Matrix<float, 2, 3, Eigen::RowMajor>;
  RowMajor w = RowMajor::Zero(), w_gradient = w;
  Eigen::VectorXf b = Eigen::VectorXf::Zero(1), b_gradient = b;
  Momentum<float> optimizer;
  optimizer.add("b", b, b_gradient);
  optimizer.add("w", w, w_gradient);
  const CheckpointExtras extras = CheckpointExtras().tensor("order", std::span(sample.order));
  EXPECT_EQ(error_of<Error>([&] { restore_checkpoint(sample.path, optimizer, extras); }),
            sample.path.string() + ": it does not fit the optimizer: different: \"w\" is column-major, not row-major");
  sample.w(1, 0) = 7.0f;
  save_checkpoint(sample.path, 3, 0.5, sample.optimizer, sample.extras);
  restore_checkpoint(sample.path, optimizer, extras, {.allow_other_storage_order = true});
  EXPECT_EQ(w(1, 0), 7.0f);
  EXPECT_EQ(w(0, 1), 0.5f);
}

TEST(Save, RefusesNamesThatMeanSomethingElse) {
  Sample sample;
  std::vector<float> values(2);
  const auto error = [&](const std::string& name) {
    return error_of([&] {
      save_checkpoint(sample.path, 3, 0.5, sample.optimizer, CheckpointExtras().tensor(name, std::span(values)));
    });
  };
  const std::string before = files::read(sample.path);
  const std::string reserved =
      "\" cannot be used: \"eigentune/...\" and \"__metadata__\" mean something else in a checkpoint";
  EXPECT_EQ(error("eigentune/state/v/w"), "save: the name \"eigentune/state/v/w" + reserved);
  EXPECT_EQ(error("__metadata__"), "save: the name \"__metadata__" + reserved);
  EXPECT_EQ(error("w"), "save: the extra tensor \"w\" has the name of a parameter");
  EXPECT_TRUE(error("\xff").starts_with("safetensors: a name or a text is not UTF-8: "));
  EXPECT_EQ(error_of([&] { save_checkpoint(sample.path, -1, 0.5, sample.optimizer); }),
            "save: step must be in [0, 2^53], got -1");
  EXPECT_EQ(files::read(sample.path), before);
  EXPECT_EQ(sample.folder.names(), (std::vector<std::string>{"sample.safetensors"}));
}

}  // namespace
}  // namespace eigentune
