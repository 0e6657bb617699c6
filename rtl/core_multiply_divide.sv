// Multiplication (2 cycles), division and square root (18 cycles: operands in, 16 steps, result out).
//
// start_i takes the operation and its operands; in the last cycle done_o is 1 and result_o valid, and the unit is
// free again in the next. cancel_i frees it at once. busy_o: the state changes in this cycle.
//
// Division is restoring, on magnitudes, two bits a step; the square root gives one bit a step on the first of
// the two subtractors. All three share the operand registers, so that the multiplier's inputs stand still unless
// the unit is used.

module core_multiply_divide (
  input  logic        clk_i,
  input  logic        rst_ni,

  input  logic        start_i,
  input  logic        cancel_i,
  input  logic        square_root_i,  // floor(sqrt(a_i)), whatever operation_i
  input  logic [2:0]  operation_i,    // funct3 of RV32M
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        done_o,
  output logic [31:0] result_o,
  output logic        busy_o
);

  localparam logic [4:0] StepResult = 5'd17;

  logic [4:0]  step_q;        // 0: free; 1 to 16: divides; 17: result
  logic        square_root_q;
  logic [2:0]  operation_q;
  logic        negative_q;    // of division: the result changes its sign
  logic [31:0] low_q;         // multiplicand; dividend or radicand going out above, quotient coming in below
  logic [31:0] high_q;        // remainder
  logic [31:0] divisor_q;     // multiplier; divisor; root

  logic divide, signed_divide, dividing;

  assign divide = square_root_i | operation_i[2];
  assign signed_divide = ~square_root_i & operation_i[2] & ~operation_i[0];
  assign done_o = step_q == StepResult;
  assign dividing = (step_q != 5'd0) & ~done_o;
  assign busy_o = start_i | (step_q != 5'd0);

  // ---------------------------------------------------------------- one step of division or square root

  logic [32:0] minuend_first, minuend_second, subtrahend;
  logic [31:0] rest_first, rest_second;
  logic        fits_first, fits_second;

  always_comb begin
    minuend_first = '0;
    minuend_second = '0;
    subtrahend = '0;
    rest_first = '0;
    rest_second = '0;
    fits_first = 1'b0;
    fits_second = 1'b0;
    if (dividing) begin
      minuend_first = square_root_q ? {high_q[30:0], low_q[31:30]} : {high_q, low_q[31]};
      subtrahend = square_root_q ? {15'd0, divisor_q[15:0], 2'b01} : {1'b0, divisor_q};
      fits_first = minuend_first >= subtrahend;
      rest_first = minuend_first[31:0] - (fits_first ? subtrahend[31:0] : 32'd0);
      minuend_second = {rest_first, low_q[30]};
      fits_second = minuend_second >= subtrahend;
      rest_second = minuend_second[31:0] - (fits_second ? subtrahend[31:0] : 32'd0);
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      step_q <= '0;
      square_root_q <= 1'b0;
      operation_q <= '0;
      negative_q <= 1'b0;
      low_q <= '0;
      high_q <= '0;
      divisor_q <= '0;
    end else if (busy_o) begin
      if (cancel_i | done_o) begin
        step_q <= '0;
      end else if (start_i) begin
        step_q <= divide ? 5'd1 : StepResult;
        square_root_q <= square_root_i;
        operation_q <= operation_i;
        // By zero, the steps give all ones and the dividend: what RISC-V wants, if the ones keep their sign.
        negative_q <= signed_divide & (operation_i[1] ? a_i[31] : (a_i[31] ^ b_i[31]) & (b_i != 32'd0));
        low_q <= (signed_divide & a_i[31]) ? -a_i : a_i;
        high_q <= '0;
        divisor_q <= square_root_i ? '0 : (signed_divide & b_i[31]) ? -b_i : b_i;
      end else begin
        step_q <= step_q + 5'd1;
        low_q <= {low_q[29:0], fits_first, fits_second};
        high_q <= square_root_q ? rest_first : rest_second;
        if (square_root_q) divisor_q <= {16'd0, divisor_q[14:0], fits_first};
      end
    end
  end

  // ---------------------------------------------------------------- result

  logic signed [32:0] multiplicand, multiplier;
  logic signed [63:0] product;

  always_comb begin
    multiplicand = '0;
    multiplier = '0;
    product = '0;
    result_o = '0;
    if (done_o) begin
      if (square_root_q) begin
        result_o = divisor_q;
      end else if (operation_q[2]) begin
        result_o = operation_q[1] ? high_q : low_q;
        if (negative_q) result_o = -result_o;
      end else begin
        multiplicand = {(operation_q[1:0] != 2'b11) & low_q[31], low_q};
        multiplier = {~operation_q[1] & divisor_q[31], divisor_q};
        product = multiplicand * multiplier;
        result_o = (operation_q[1:0] == 2'b00) ? product[31:0] : product[63:32];
      end
    end
  end

endmodule
