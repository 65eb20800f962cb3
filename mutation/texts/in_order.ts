/** Has the tests take their turn in the order in which they are named: those that notice most first. */
import { BaseSequencer, type TestSequencerConstructor, type TestSpecification } from "vitest/node";

export function inOrder(tests: readonly string[]): TestSequencerConstructor {
  const placeOf = ({ moduleId }: TestSpecification) =>
    tests.findIndex((test) => moduleId.endsWith(test));
  return class extends BaseSequencer {
    override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      return Promise.resolve(
        [...files].sort((one, other) => placeOf(one) - placeOf(other)),
      );
    }
  };
}
