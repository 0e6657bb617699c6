// One lane of the MAC array: a sum of products of an int8 weight with an int16 activation, modulo 2^32.

module mac_lane (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        add_i,     // sum := sum + weight * x in this cycle
  input  logic        first_i,   // ... from 0 instead of the old sum
  input  logic [7:0]  weight_i,
  input  logic [15:0] x_i,
  output logic [31:0] sum_o
);

  logic [31:0] sum_q;

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      sum_q <= 32'd0;
    end else if (add_i) begin
      sum_q <= (first_i ? 32'd0 : sum_q) + 32'($signed(weight_i)) * 32'($signed(x_i));
    end
  end

  assign sum_o = sum_q;

endmodule
