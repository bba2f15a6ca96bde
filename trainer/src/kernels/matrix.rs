//! Matrix products on strided views, some of whose rows overlap.

/// A matrix that is read: element (r, c) is `data[r · row_stride + c · column_stride]`. Rows may overlap.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    data: &'a [f32],
    shape: [usize; 2],
    strides: [usize; 2],
}

/// A matrix that is written: rows of adjacent elements that do not overlap.
#[derive(Debug)]
pub struct MatrixMut<'a> {
    data: &'a mut [f32],
    shape: [usize; 2],
    row_stride: usize,
}

/// What becomes of what the target holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// It is forgotten.
    Overwrite,
    /// The product is added to it.
    Add,
}

impl<'a> Matrix<'a> {
    /// # Panics
    /// If the last element lies outside `data`.
    pub fn new(data: &'a [f32], shape: [usize; 2], strides: [usize; 2]) -> Self {
        assert!(
            end(shape, strides) <= data.len(),
            "a matrix of {shape:?} with strides {strides:?} does not fit into {} numbers",
            data.len()
        );
        Self {
            data,
            shape,
            strides,
        }
    }

    /// Rows of adjacent elements, one after the other.
    pub fn dense(data: &'a [f32], shape: [usize; 2]) -> Self {
        Self::new(data, shape, [shape[1], 1])
    }

    /// The same numbers with rows and columns exchanged.
    #[must_use]
    pub fn transposed(self) -> Self {
        Self {
            data: self.data,
            shape: [self.shape[1], self.shape[0]],
            strides: [self.strides[1], self.strides[0]],
        }
    }
}

impl<'a> MatrixMut<'a> {
    /// # Panics
    /// If rows overlap or the last element lies outside `data`.
    pub fn new(data: &'a mut [f32], shape: [usize; 2], row_stride: usize) -> Self {
        assert!(
            row_stride >= shape[1] && end(shape, [row_stride, 1]) <= data.len(),
            "rows of {shape:?} at every {row_stride} do not fit into {} numbers",
            data.len()
        );
        Self {
            data,
            shape,
            row_stride,
        }
    }

    /// Rows of adjacent elements, one after the other.
    pub fn dense(data: &'a mut [f32], shape: [usize; 2]) -> Self {
        Self::new(data, shape, shape[1])
    }
}

/// One past the last element that a matrix touches.
fn end([rows, columns]: [usize; 2], [row_stride, column_stride]: [usize; 2]) -> usize {
    if rows == 0 || columns == 0 {
        return 0;
    }
    (rows - 1) * row_stride + (columns - 1) * column_stride + 1
}

/// target = left · right, or target += left · right.
///
/// # Panics
/// If the shapes do not match.
#[allow(unsafe_code)]
pub fn multiply(target: &mut MatrixMut, left: Matrix, right: Matrix, mode: Target) {
    let [rows, columns] = target.shape;
    let inner = left.shape[1];
    assert!(
        left.shape[0] == rows && right.shape == [inner, columns],
        "cannot multiply {:?} by {:?} into {:?}",
        left.shape,
        right.shape,
        target.shape
    );
    // SAFETY: the constructors checked that every element which shapes and strides reach lies inside its
    // slice, strides are not negative, and the target is borrowed mutably, so that it overlaps neither factor.
    // f32 is a type that `gemm` knows.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            target.data.as_mut_ptr(),
            1,
            target.row_stride as isize,
            mode == Target::Add,
            left.data.as_ptr(),
            left.strides[1] as isize,
            left.strides[0] as isize,
            right.data.as_ptr(),
            right.strides[1] as isize,
            right.strides[0] as isize,
            1.0_f32,
            1.0_f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_rows_multiply_as_if_they_were_copied() {
        // Windows of two, one apart: [1 2], [2 3], [3 4]; times [10, 1]ᵀ.
        let windows = Matrix::new(&[1.0, 2.0, 3.0, 4.0], [3, 2], [1, 1]);
        let mut target = [0.0; 3];
        let right = Matrix::dense(&[10.0, 1.0], [2, 1]);
        multiply(
            &mut MatrixMut::dense(&mut target, [3, 1]),
            windows,
            right,
            Target::Overwrite,
        );
        assert_eq!(target, [12.0, 23.0, 34.0]);
        // Its transpose times [1 1 1]ᵀ, added: column sums 6 and 9.
        let mut sums = [1.0, 1.0];
        multiply(
            &mut MatrixMut::dense(&mut sums, [2, 1]),
            windows.transposed(),
            Matrix::dense(&[1.0; 3], [3, 1]),
            Target::Add,
        );
        assert_eq!(sums, [7.0, 10.0]);
    }

    #[test]
    #[should_panic(expected = "does not fit")]
    fn a_view_beyond_its_data_is_refused() {
        let _ = Matrix::new(&[0.0; 5], [3, 2], [2, 1]);
    }
}
