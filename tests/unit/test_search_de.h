/* test_search_de.h - a space with a parameter of every kind, for vectors. */
#ifndef TESTS_UNIT_TEST_SEARCH_DE_H
#define TESTS_UNIT_TEST_SEARCH_DE_H

static const char mixed[] =
    "{\"lr\": {\"type\": \"float\", \"low\": 1e-5, \"high\": 1, \"scale\": \"log\"},"
    " \"n\": {\"type\": \"int\", \"low\": 3, \"high\": 9},"
    " \"m\": {\"type\": \"int\", \"low\": 1, \"high\": 1000, \"scale\": \"log\"},"
    " \"step\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"step\": 0.3},"
    " \"size\": {\"type\": \"ordinal\", \"values\": [1, 2, 4, 8]},"
    " \"opt\": {\"type\": \"categorical\", \"values\": [\"sgd\", \"adam\", \"lion\"]},"
    " \"momentum\": {\"type\": \"float\", \"low\": 0, \"high\": 1, \"when\": {\"opt\": "
    "\"sgd\"}},"
    " \"flag\": {\"type\": \"categorical\", \"values\": [true, false], \"when\": "
    "{\"opt\": "
    "[\"adam\", \"lion\"]}}}";

#endif /* TESTS_UNIT_TEST_SEARCH_DE_H */
