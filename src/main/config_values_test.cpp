#include "main/config_values.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "main/config.h"

namespace obolus::main {
namespace {

TEST(EnvironmentOfThisProcess, IsReadAsItIs) {
  ASSERT_EQ(setenv("OBOLUS_TEST_VARIABLE", "a=b", 1), 0);
  EXPECT_EQ(Environment().at("OBOLUS_TEST_VARIABLE"), "a=b");
  unsetenv("OBOLUS_TEST_VARIABLE");
}

TEST(KeyOfVariable, SeparatesSectionsByTwoUnderscores) {
  EXPECT_EQ(ConfigValues::KeyOfVariable("OBOLUS_COMMERCE__TLS__CLIENT_CA"),
            "commerce.tls.client_ca");
  EXPECT_EQ(ConfigValues::KeyOfVariable("OBOLUS_DATA_DIR"), "data_dir");
  EXPECT_EQ(ConfigValues::KeyOfVariable("OTHER_DATA_DIR"), std::nullopt);
}

TEST(ConfigValues, SaysOfEveryBrokenTextThatItIsBroken) {
  for (const char* text : {"[\nb = = 1", "[ \nb = = 1", "a = \"", "a = [1,", "= 1"}) {
    ConfigValues values("a = 1");
    values.AddText(text, "x.toml");
    ASSERT_EQ(values.faults().size(), 1U) << text;
    EXPECT_TRUE(values.faults()[0].detail.starts_with("x.toml")) << values.faults()[0].detail;
  }
}

}  // namespace
}  // namespace obolus::main
